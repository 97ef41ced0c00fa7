import { assertEquals } from "@std/assert";
import { checkedMessages } from "../../../lib/hub/links/link_messages.ts";
import { hubWeb, type Json } from "../../helpers/hub_web.ts";
import { connectLive } from "../../helpers/live_client.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { waitFor } from "../../helpers/wait.ts";

const SESSIONS = new MemorySessions();
const SESSION = SESSIONS.create("s");
const EVENT = SESSIONS.add("s");
const SNAPSHOT = { type: "snapshot", sessions: [SESSION], permissions: [], partial: {}, last_event: 1 };

for (
  const [message, isOne] of [
    [SNAPSHOT, true],
    [{ ...SNAPSHOT, added: "later" }, true],
    [{ type: "event", event: EVENT }, true],
    [{ type: "session", session: SESSION }, true],
    [{ type: "removed", session: "s" }, true],
    [{ type: "delta", session: "s", text: "x" }, true],
    [{ type: "notice", topic: "clones" }, true],
    [{ type: "lagging" }, true],
    [null, false],
    [[], false],
    [{}, false],
    [{ type: "snapshot" }, false],
    [{ ...SNAPSHOT, sessions: [null] }, false],
    [{ ...SNAPSHOT, sessions: [{ ...SESSION, permissions: "all" }] }, false],
    [{ ...SNAPSHOT, last_event: "1" }, false],
    [{ type: "event" }, false],
    [{ type: "event", event: { ...EVENT, id: -1 } }, false],
    [{ type: "event", event: { ...EVENT, id: 1e300 } }, false],
    [{ type: "removed" }, false],
    [{ type: "dance" }, false],
  ] as const
) {
  Deno.test(`${JSON.stringify(message).slice(0, 80)} is ${isOne ? "a" : "no"} message of a host`, () => {
    const [passed, wrong]: [unknown[], unknown[]] = [[], []];
    void checkedMessages((each) => void passed.push(each), (each) => void wrong.push(each))(message);
    assertEquals([passed.length, wrong.length], isOne ? [1, 0] : [0, 1]);
  });
}

Deno.test("a host that talks nonsense disturbs nobody but itself", async () => {
  await using hub = await hubWeb();
  const key = hub.hosts.createKey("box");
  const url = `${hub.url.replace("http", "ws")}/ws/daemon`;
  await using host = await connectLive(url, { "x-api-key": key });
  const asked = (method: string) => waitFor(method, () => host.messages.find((message) => message.method === method));
  const follow = await asked("session.follow");
  const say = (params: Json) => host.send({ channel: follow.channel, jsonrpc: "2.0", method: "session.event", params });
  host.send({ channel: follow.channel, jsonrpc: "2.0", id: follow.id, result: { ok: true } });
  for (const nonsense of [null, 5, { type: "snapshot" }, { type: "event", event: null }, { type: "dance" }]) {
    say(nonsense);
  }
  say({ ...SNAPSHOT, last_event: 0 });
  const { id } = await asked("hub.status");
  host.send({ jsonrpc: "2.0", id, result: { version: "v9" } });
  await waitFor("the host to be up", () => hub.hosts.get("box").state === "up");
  assertEquals(hub.hosts.sessions.map(({ id, host }) => [id, host]), [["s", "box"]]);
});

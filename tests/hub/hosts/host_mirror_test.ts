import { assertEquals, assertRejects } from "@std/assert";
import type { DialHub } from "../../../lib/hub/connect_hub.ts";
import type { FollowMessage } from "../../../lib/hub/hub_client.ts";
import { HubCallError, HubUnreachableError } from "../../../lib/hub/hub_errors.ts";
import { HubLine } from "../../../lib/hub/hub_line.ts";
import { HostIds } from "../../../lib/hub/hosts/id_owners.ts";
import { HostMirror } from "../../../lib/hub/hosts/host_mirror.ts";
import { HostRefusedError } from "../../../lib/client/errors.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { hubSocket, TOKEN } from "../../helpers/hub_socket.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { waitFor } from "../../helpers/wait.ts";

/** A mirror of a hub in this program, and what it has told. */
async function mirrorOf(sessions: MemorySessions, more: { readonly refusals?: number } = {}) {
  await using stack = new AsyncDisposableStack();
  const hub = stack.use(await hubSocket(sessions));
  const messages: FollowMessage[] = [];
  let { refusals = 0 } = more;
  const dial: DialHub = (onNotification) => {
    if (refusals-- > 0) throw new HostRefusedError("a person has to do something");
    return HubLine.dial(hub.socket, TOKEN, onNotification);
  };
  const mirror = stack.use(
    new HostMirror({
      name: "box",
      dial,
      onMessage: (message) => void messages.push(message),
      onChange: () => {},
      onError: (error) => {
        throw error;
      },
      clock: systemClock,
    }),
  );
  const all = stack.move();
  return {
    hub,
    mirror,
    messages,
    isUp: () => waitFor("the hub to be reached", () => mirror.isUp),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

Deno.test("a mirror shows the sessions of another hub under the host's name, as they change", async () => {
  const sessions = new MemorySessions();
  const { id } = await sessions.start({ path: "/work", name: "first" });
  await using far = await mirrorOf(sessions);
  await far.isUp();
  assertEquals(far.mirror.sessions.map(({ name, host }) => [name, host]), [["first", "box"]]);
  assertEquals(far.mirror.version, "test");
  await sessions.configure(id, { name: "renamed" });
  await waitFor("the new name", () => far.mirror.sessions[0]?.name === "renamed");
  const event = sessions.add(id);
  await waitFor("the event", () => far.mirror.lastEvent === event.id);
  assertEquals(far.messages.find((message) => message.type === "event"), {
    type: "event",
    event: { ...event, host: "box" },
  });
  sessions.announce({ type: "removed", session: id });
  await waitFor("the removal", () => far.mirror.sessions.length === 0);
});

Deno.test("call() runs an operation there, and its errors come back", async () => {
  const sessions = new MemorySessions();
  await using far = await mirrorOf(sessions);
  await far.isUp();
  const { name } = await far.mirror.call("session.start", { path: "/work", name: "new" });
  assertEquals([name, sessions.list()[0]?.name], ["new", "new"]);
  await assertRejects(() => far.mirror.call("session.get", { session_name: "nobody" }), HubCallError);
});

Deno.test("call() says that the host was removed when it is while it is asked", async () => {
  await using far = await mirrorOf(new MemorySessions());
  await far.isUp();
  const asking = assertRejects(
    () => far.mirror.call("sessions.list", {}),
    HubUnreachableError,
    'host "box" was removed',
  );
  await far.mirror[Symbol.asyncDispose]();
  await asking;
});

Deno.test("a mirror is down while the hub is away, keeps what it knew, and comes back by itself", async () => {
  const sessions = new MemorySessions();
  await sessions.start({ path: "/work", name: "first" });
  await using far = await mirrorOf(sessions);
  await far.isUp();
  await far.hub.close();
  await waitFor("the loss", () => !far.mirror.isUp);
  await assertRejects(() => far.mirror.call("sessions.list", {}), HubUnreachableError);
  assertEquals(far.mirror.sessions.length, 1);
  await far.hub.open();
  await far.isUp();
  const { id } = await sessions.start({ path: "/work", name: "second" });
  await waitFor("the session", () => far.mirror.sessions.some((each) => each.id === id));
});

Deno.test("a mirror waits while a person has to do something, and hurries when told so", async () => {
  await using far = await mirrorOf(new MemorySessions(), { refusals: 1 });
  await waitFor("the refusal to pass", () => {
    far.mirror.hurry();
    return far.mirror.isUp;
  });
});

Deno.test("follow() yields each event after one, over a connection of its own", async () => {
  const sessions = new MemorySessions();
  const { id } = await sessions.start({ path: "/work", name: "first" });
  const past = [1, 2, 3].map(() => sessions.add(id));
  await using far = await mirrorOf(sessions);
  await far.isUp();
  const controller = new AbortController();
  const ids: number[] = [];
  const following = (async () => {
    for await (const message of far.mirror.follow({ after: past[0]!.id, signal: controller.signal })) {
      if (message.type === "event") ids.push(message.event.id);
    }
  })();
  await waitFor("the past", () => ids.length === 2);
  const next = sessions.add(id);
  await waitFor("the next", () => ids.length === 3);
  controller.abort();
  await following;
  assertEquals(ids, [past[1]!.id, past[2]!.id, next.id]);
});

Deno.test("a mirror that is forgotten takes nothing that has arrived before", async () => {
  const sessions = new MemorySessions();
  await using hub = await hubSocket(sessions);
  const ids = new HostIds();
  let count = 0;
  const mirror = new HostMirror({
    ids,
    name: "box",
    dial: (onNotification) => HubLine.dial(hub.socket, TOKEN, onNotification),
    onMessage: (message) => {
      if (message.type !== "session") return;
      count++;
      // The others wait to be taken.
      void mirror[Symbol.asyncDispose]();
    },
    onChange: () => {},
    onError: (error) => {
      throw error;
    },
    clock: systemClock,
  });
  await waitFor("the hub to be reached", () => mirror.isUp);
  const made = Array.from({ length: 50 }, (_, i) => sessions.create(`s${i}`));
  for (const session of made) sessions.announce({ type: "session", session });
  await waitFor("the first message", () => count > 0);
  await mirror[Symbol.asyncDispose]();
  assertEquals([count, made.filter(({ id }) => ids.sessions.hostOf(id) !== undefined)], [1, []]);
});

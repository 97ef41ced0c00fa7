import { assertEquals } from "@std/assert";
import { checkedMessages } from "../../../lib/hub/hosts/checked_messages.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";

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
    [{ ...SNAPSHOT, host: "third" }, false],
    [{ ...SNAPSHOT, sessions: [{ ...SESSION, name: "x".repeat(10_000) }] }, false],
    [{ type: "event", event: { ...EVENT, host: "third" } }, false],
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

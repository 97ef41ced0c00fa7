import { assertEquals } from "@std/assert";
import { SessionWatch } from "../../../lib/hub/push/push_notice.ts";
import type { Session } from "../../../lib/sessions/types.ts";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";

/** A watch over sessions in memory. */
function watchOf(sessions = new MemorySessions()) {
  const clock = fakeClock();
  const watch = new SessionWatch(sessions, clock);
  return {
    clock,
    /** Changes the session `s`; returns what is told. */
    change: (facts: Partial<Session>) => watch.take({ type: "session", session: sessions.create("s", facts) }),
    remove: () => watch.take({ type: "removed", session: "s" }),
    watch,
  };
}

const waiting = (...permissions: string[]) => ({ status: "waiting_permission", permissions }) as const;

Deno.test("take() tells that a session needs somebody, once for each permission", () => {
  const { change } = watchOf();
  assertEquals(change({ status: "active" }), undefined);
  const notice = { kind: "needs_you", session: "s", permission: "one", path: "/permissions/one" } as const;
  assertEquals(change(waiting("one")), notice);
  assertEquals(change(waiting("one")), undefined);
  assertEquals(change(waiting("one", "two")), { ...notice, permission: "two", path: "/permissions/two" });
  assertEquals(change(waiting("two")), undefined);
  assertEquals(change({ status: "active" }), undefined);
  assertEquals(change(waiting("three"))?.permission, "three");
});

Deno.test("take() tells nothing that was there at the start", () => {
  const sessions = new MemorySessions();
  sessions.create("s", waiting("one"));
  const { change } = watchOf(sessions);
  assertEquals(change(waiting("one")), undefined);
  assertEquals(change({ status: "idle" }), undefined);
});

Deno.test("take() tells that a session has finished when it has worked for half a minute", () => {
  const { change, clock } = watchOf();
  change({ status: "active" });
  clock.advance(10_000);
  change(waiting("one"));
  clock.advance(10_000);
  change({ status: "active" });
  clock.advance(10_000);
  assertEquals(change({ status: "idle", turns: 1 }), { kind: "finished", session: "s", path: "/sessions/s" });
  assertEquals(change({ status: "idle", turns: 1 }), undefined);
});

Deno.test("take() does not tell the end of short work, nor of work whose turn has not ended", () => {
  const { change, clock } = watchOf();
  change({ status: "active" });
  clock.advance(29_999);
  assertEquals(change({ status: "idle", turns: 1 }), undefined);
  clock.advance(60_000);
  change({ status: "active", turns: 1 });
  clock.advance(1_000);
  assertEquals(change({ status: "idle", turns: 2 }), undefined);
  change({ status: "active", turns: 2 });
  clock.advance(30_000);
  assertEquals(change({ status: "idle", turns: 2 }), undefined);
});

Deno.test("take() tells that a session has failed, and not that a person has stopped it", () => {
  const { change, clock } = watchOf();
  change({ status: "active" });
  clock.advance(60_000);
  assertEquals(change({ status: "stopped" }), undefined);
  assertEquals(change({ status: "error" }), { kind: "failed", session: "s", path: "/sessions/s" });
  assertEquals(change({ status: "error" }), undefined);
});

Deno.test("take() tells of a session that is new, and forgets one that is removed", () => {
  const { change, remove, watch } = watchOf();
  assertEquals(change(waiting("one"))?.kind, "needs_you");
  assertEquals(remove(), undefined);
  assertEquals(change(waiting("one"))?.kind, "needs_you");
  assertEquals(watch.take({ type: "delta", session: "s", text: "hi" }), undefined);
});

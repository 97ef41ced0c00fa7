import { assertEquals, assertThrows } from "@std/assert";
import { SessionManager } from "../../lib/sessions/manager.ts";
import { newRecord, type SessionRecord } from "../../lib/sessions/record.ts";
import { type SessionSettings, sessionSettings } from "../../lib/sessions/settings.ts";
import { SessionError } from "../../lib/sessions/session_error.ts";
import { Store } from "../../lib/store/store.ts";
import { ClaustrumError } from "../../lib/system/claustrum_error.ts";
import { type FakeClock, fakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";
import { waitFor } from "../helpers/wait.ts";

const DAY_MS = 86_400_000;
/** Until old events go for the first time, and then again. */
const [FIRST_MS, INTERVAL_MS] = [10_000, 3_600_000];

/** A store whose events a manager keeps; no daemon runs. */
async function storeToKeep() {
  const directory = await tempDir();
  const path = `${directory.path}/sessions.db`;
  const clock = fakeClock();
  const errors: unknown[] = [];
  return {
    clock,
    errors,
    path,
    open(settings: Partial<SessionSettings> = {}) {
      const store = Store.open(path, { clock });
      return new SessionManager({
        store,
        settings: sessionSettings({ home: directory.path, tmuxSocket: `${directory.path}/t.sock`, ...settings }),
        clock,
        onError: (error) => void errors.push(error),
        onClosed: () => store.close(),
        connect: () => Promise.reject(new ClaustrumError("no daemon runs")),
      });
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** Stores a session and its events, of the given types, each `size` bytes large. */
function fill(store: Store, clock: FakeClock, id: string, status: "active" | "stopped", types: string[], size = 10) {
  const fresh = newRecord({
    ...{ id, name: `name-${id}`, path: "/tmp", createdAt: clock.now(), claudeSessionId: id, chosenModel: null },
    ...{ origin: { kind: "new" }, permissionMode: "default", policy: "ask", claudeArgs: [] },
  });
  const record: SessionRecord = { ...fresh, state: { ...fresh.state, status }, lastSeq: types.length };
  const { name, path, createdAt } = record;
  store.sessions.insert({
    ...{ id, name, path, status, created_at: createdAt, updated_at: createdAt, data: JSON.stringify(record) },
  });
  store.transaction(() => {
    for (const [i, type] of types.entries()) {
      const payload = JSON.stringify({ text: "x".repeat(size) });
      const subtype = type === "prompt" ? { subtype: "sent" } : {};
      store.events.append({ session: id, seq: i + 1, at: clock.now(), type, ...subtype, payload, text: "word" });
    }
  });
}

const seqs = (sessions: SessionManager, id: string) => sessions.events(id).map(({ seq }) => seq);

Deno.test("old events go some seconds after opening, but for those of a running turn", async () => {
  await using world = await storeToKeep();
  using store = Store.open(world.path, { clock: world.clock });
  fill(store, world.clock, "live", "active", ["prompt", "assistant", "prompt", "assistant", "assistant"]);
  fill(store, world.clock, "over", "stopped", ["prompt", "assistant"]);
  world.clock.advance(3 * DAY_MS);
  fill(store, world.clock, "new", "stopped", ["prompt"]);
  store.close();
  await using sessions = world.open({ keepDays: 2 });
  world.clock.advance(FIRST_MS - 1);
  assertEquals(seqs(sessions, "over"), [1, 2]);
  world.clock.advance(1);
  await waitFor("old events to go", () => seqs(sessions, "over").length === 0);
  assertEquals([seqs(sessions, "live"), seqs(sessions, "new")], [[3, 4, 5], [1]]);
  assertEquals(world.errors, []);
});

Deno.test("old events go again every hour", async () => {
  await using world = await storeToKeep();
  using store = Store.open(world.path, { clock: world.clock });
  fill(store, world.clock, "s", "stopped", ["assistant"]);
  store.close();
  await using sessions = world.open({ keepDays: 1 });
  world.clock.advance(FIRST_MS);
  world.clock.advance(DAY_MS - INTERVAL_MS);
  assertEquals(seqs(sessions, "s"), [1]);
  world.clock.advance(2 * INTERVAL_MS);
  await waitFor("the event to go", () => seqs(sessions, "s").length === 0);
});

Deno.test("the oldest events go until the rest fits, in steps", async () => {
  await using world = await storeToKeep();
  using store = Store.open(world.path, { clock: world.clock });
  const types = Array.from({ length: 3_000 }, () => "assistant");
  fill(store, world.clock, "s", "stopped", types, 1_000);
  store.close();
  await using sessions = world.open({ keepMb: 1 });
  world.clock.advance(FIRST_MS);
  const first = () => sessions.events("s", { limit: 1 })[0]!.seq;
  const reached = first();
  await waitFor("the oldest to go", () => first() > 2_100);
  assertEquals(reached < 1_000, true, `${reached} events went in one step`);
});

Deno.test("events stay without a limit", async () => {
  await using world = await storeToKeep();
  using store = Store.open(world.path, { clock: world.clock });
  fill(store, world.clock, "s", "stopped", ["assistant"]);
  store.close();
  await using sessions = world.open();
  world.clock.advance(1_000 * DAY_MS);
  assertEquals(seqs(sessions, "s"), [1]);
});

Deno.test("a removed session is gone at once, and its events step by step", async () => {
  await using world = await storeToKeep();
  using store = Store.open(world.path, { clock: world.clock });
  fill(store, world.clock, "big", "stopped", Array.from({ length: 5_000 }, () => "assistant"));
  fill(store, world.clock, "small", "stopped", ["assistant"]);
  store.close();
  const told: unknown[] = [];
  await using sessions = world.open();
  using _listening = sessions.listen((message) => told.push([message, sessions.list().map(({ id }) => id)]));
  sessions.remove("big");
  assertEquals(told, [[{ type: "removed", session: "big" }, ["small"]]]);
  assertThrows(() => sessions.get("big"), SessionError, "big");
  assertThrows(() => sessions.event(1), SessionError, "there is no event 1");
  assertEquals(sessions.eventsAfter(0, { limit: 10 }).map(({ session }) => session), ["small"]);
  assertEquals(sessions.search("word").map(({ session }) => session), ["small"]);
  await sessions[Symbol.asyncDispose]();
  // Closed in between, as after a crash: it does not come back, and the next one ends the removal.
  using left = Store.open(world.path);
  assertEquals(left.sessions.all().map(({ id, status }) => [id, status]), [["big", "removed"], ["small", "stopped"]]);
  left.close();
  await using next = world.open();
  assertEquals([next.list().map(({ id }) => id), next.eventsAfter(0, { limit: 10 }).length], [["small"], 1]);
  using watched = Store.open(world.path);
  await waitFor("the row to go", () => watched.sessions.all().length === 1);
  assertEquals(watched.events.page({ limit: 10 }).map(({ session }) => session), ["small"]);
  assertEquals(world.errors, []);
});

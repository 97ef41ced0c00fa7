import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { PruneOptions } from "../../lib/store/event_types.ts";
import { Store } from "../../lib/store/store.ts";
import { StoreError } from "../../lib/store/store_error.ts";
import { tempDir } from "../helpers/temp.ts";
import { newEvent, sessionRow, storeWith } from "./rows.ts";

function ids(rows: readonly { readonly id: number }[]): number[] {
  return rows.map(({ id }) => id);
}

/** Removes events in as many steps as it takes, and returns how many are gone. */
function pruneAll(store: Store, options: PruneOptions): number {
  let removed = 0;
  for (let step = 1; step > 0;) removed += step = store.events.prune(options);
  return removed;
}

Deno.test("append() gives ids without a hole over all sessions", () => {
  using store = storeWith("a", "b");
  assertEquals(store.events.lastId, 0);
  assertEquals(["a", "b", "a"].map((session, i) => store.events.append(newEvent(session, i + 1))), [1, 2, 3]);
  assertEquals(store.events.lastId, 3);
  assertEquals(store.events.lastOf("a"), { id: 3, seq: 3 });
  assertEquals(store.events.lastOf("c"), undefined);
});

Deno.test("append() gives the ids of a transaction again when it is rolled back", () => {
  using store = storeWith("a");
  store.events.append(newEvent("a", 1));
  assertThrows(
    () =>
      store.transaction(() => {
        assertEquals(store.events.append(newEvent("a", 2, { text: "gone" })), 2);
        assertEquals(store.events.lastId, 2);
        throw new Error("no");
      }),
    Error,
    "no",
  );
  assertEquals(store.events.lastId, 1);
  assertEquals(store.events.search({ query: "gone", limit: 1 }), []);
  assertEquals(store.events.append(newEvent("a", 2)), 2);
});

Deno.test("append() never gives an id again when the newest events are removed, also after a restart", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  {
    using store = Store.open(path);
    for (const id of ["a", "b"]) store.sessions.insert(sessionRow(id));
    for (const [i, id] of ["a", "b", "b"].entries()) store.events.append(newEvent(id, i + 1));
    store.sessions.delete("b");
    assertEquals(store.events.lastId, 3);
  }
  using store = Store.open(path);
  assertEquals(store.events.lastId, 3);
  assertEquals(store.events.append(newEvent("a", 2)), 4);
  assertEquals(ids(store.events.page({ limit: 10 })), [1, 4]);
});

Deno.test("append() refuses a session that is not there", () => {
  using store = storeWith("a");
  const error = assertThrows(() => store.events.append(newEvent("b", 1)), StoreError, "there is no session b");
  assertEquals(error.reason, "conflict");
  assertEquals(store.events.append(newEvent("a", 1)), 1);
});

Deno.test("get() returns what append() was given", () => {
  using store = storeWith("a");
  const whole = newEvent("a", 1, { subtype: "init", uuid: "u", text: "words", payload: '{"a":"ü\u{1f600}\\u0000"}' });
  const { text: _text, ...row } = whole;
  assertEquals(store.events.get(store.events.append(whole)), { id: 1, ...row });
  assertEquals(store.events.get(store.events.append(newEvent("a", 2))), { id: 2, ...newEvent("a", 2) });
  assertEquals(store.events.get(3), undefined);
});

Deno.test("hasUuid() finds an event of the session only", () => {
  using store = storeWith("a", "b");
  const uuid = crypto.randomUUID();
  store.events.append(newEvent("a", 1, { uuid }));
  assert(store.events.hasUuid("a", uuid));
  assert(!store.events.hasUuid("b", uuid));
  assert(!store.events.hasUuid("a", uuid.slice(1)));
  assert(!store.events.hasUuid("a", `x${uuid.slice(1)}`));
});

Deno.test("page() ends before its payloads exceed maxBytes, but is never empty while there is an event", () => {
  using store = storeWith("a");
  const payload = JSON.stringify("ü".repeat(49));
  for (let seq = 1; seq <= 5; seq++) store.events.append(newEvent("a", seq, { payload }));
  assertEquals(ids(store.events.page({ limit: 10, maxBytes: 1 })), [1]);
  assertEquals(ids(store.events.page({ limit: 10, maxBytes: 299 })), [1, 2]);
  assertEquals(ids(store.events.page({ limit: 10, maxBytes: 300, after: 1 })), [2, 3, 4]);
  assertEquals(ids(store.events.page({ limit: 10, after: 5 })), []);
  assertEquals(ids(store.events.page({ limit: 0 })), []);
});

Deno.test("page() returns what a filter of all events would", () => {
  const sessions = [...Array(120).keys()].map((i) => `s${i}`);
  using store = storeWith(...sessions);
  const all = [...Array(600).keys()].map((i) => {
    const event = newEvent(sessions[(i * 7) % (i % 2 === 0 ? 3 : 120)]!, i, { type: ["x", "y", "z"][i % 3]! });
    return { id: store.events.append(event), ...event };
  });
  const name = fc.constantFrom(...sessions.slice(0, 5), "unknown");
  fc.assert(fc.property(
    fc.record({
      session: name,
      sessions: fc.oneof(fc.array(name, { maxLength: 5 }), fc.constant(sessions), fc.constant(sessions.slice(3))),
      types: fc.array(fc.constantFrom("x", "y", "other"), { maxLength: 3 }),
      after: fc.nat(620),
      before: fc.nat(620),
      offset: fc.nat(20),
      limit: fc.integer({ min: 1, max: 50 }),
    }, { requiredKeys: ["limit"] }),
    (options) => {
      const { session, after = 0, before, offset = 0, limit } = options;
      const types: readonly string[] | undefined = options.types;
      const expected = all.filter((event) =>
        event.id > after && event.id < (before ?? Infinity) && (session === undefined || event.session === session) &&
        (options.sessions?.includes(event.session) ?? true) && (types?.includes(event.type) ?? true)
      );
      const page = before === undefined
        ? expected.slice(offset, offset + limit)
        : expected.reverse().slice(offset, offset + limit).reverse();
      assertEquals(store.events.page(options), page);
    },
  ));
});

Deno.test("prune() removes the events before a time, the oldest first, but for those that are spared", () => {
  using store = storeWith("a", "b");
  for (let seq = 1; seq <= 400; seq++) store.events.append(newEvent(seq % 2 ? "a" : "b", seq, { text: `word${seq}` }));
  const spare = (session: string, seq: number) => session === "a" && seq > 100;
  assertEquals(pruneAll(store, { before: 301, maxBytes: Infinity, spare }), 200);
  const left = [...Array(400).keys()].map((i) => i + 1).filter((seq) => seq > 300 || (seq > 100 && seq % 2 === 1));
  assertEquals(ids(store.events.page({ limit: 500 })), left);
  assertEquals(store.events.search({ query: "word300", limit: 5 }), []);
  assertEquals(ids(store.events.search({ query: "word301", limit: 5 })), [301]);
  assertEquals(pruneAll(store, { before: 301, maxBytes: Infinity, spare: () => false }), 100);
});

Deno.test("prune() removes the oldest events until the rest has the size", () => {
  using store = storeWith("a");
  const payload = JSON.stringify("x".repeat(998));
  for (let seq = 1; seq <= 100; seq++) store.events.append(newEvent("a", seq, { payload }));
  const options = { before: 0, maxBytes: 20 * 1_200, spare: () => false };
  const removed = pruneAll(store, options);
  assert(removed >= 75 && removed <= 85, `${removed}`);
  assertEquals(store.events.page({ limit: 1 })[0]!.id, removed + 1);
  store.sessions.delete("a");
  store.sessions.insert(sessionRow("a"));
  for (let seq = 1; seq <= 10; seq++) store.events.append(newEvent("a", seq, { payload }));
  assertEquals(store.events.prune(options), 0);
});

Deno.test("prune() gives the space back to the file system", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  {
    using store = Store.open(path);
    store.sessions.insert(sessionRow("a"));
    const payload = JSON.stringify("x".repeat(5_000));
    store.transaction(() => {
      for (let seq = 1; seq <= 2_000; seq++) store.events.append(newEvent("a", seq, { payload }));
    });
  }
  const full = Deno.statSync(path).size;
  {
    using store = Store.open(path);
    while (store.events.prune({ before: 2_000, maxBytes: Infinity, spare: () => false }) > 0);
    while (store.events.reclaim());
  }
  assert(Deno.statSync(path).size < full / 4, `${Deno.statSync(path).size} of ${full}`);
});

Deno.test("removeOf() removes all events of a session in steps, and nothing else", () => {
  using store = storeWith("a", "b");
  for (let seq = 1; seq <= 1_200; seq++) store.events.append(newEvent(seq % 4 === 0 ? "b" : "a", seq));
  let removed = 0;
  for (let step = 1; step > 0;) removed += step = store.events.removeOf("a");
  assertEquals(removed, 900);
  assertEquals([store.events.lastOf("a"), store.events.lastOf("b")], [undefined, { id: 1_200, seq: 1_200 }]);
  assertEquals(store.events.page({ limit: 500 }).length, 300);
  assertEquals(store.events.removeOf("unknown"), 0);
});

Deno.test("reclaim() shrinks the file, and not only once the store is closed", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  using store = Store.open(path);
  store.sessions.insert(sessionRow("a"));
  const payload = JSON.stringify("x".repeat(20_000));
  store.transaction(() => {
    for (let seq = 1; seq <= 2_000; seq++) store.events.append(newEvent("a", seq, { payload }));
  });
  const full = Deno.statSync(path).size;
  store.transaction(() => {
    while (store.events.removeOf("a") > 0);
  });
  while (store.events.reclaim());
  const [size, log] = [path, `${path}-wal`].map((file) => Deno.statSync(file).size);
  assert(size! < full / 2 && log! < full / 2, `${size} and ${log} of ${full}`);
});

Deno.test("reclaim() has nothing to do in a store from which nothing was removed", () => {
  using store = storeWith("a");
  store.events.append(newEvent("a", 1));
  assertEquals(store.events.reclaim(), false);
});

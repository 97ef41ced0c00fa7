import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Store } from "../../lib/store/store.ts";
import { StoreError } from "../../lib/store/store_error.ts";
import { canMount, smallDisk } from "../helpers/small_disk.ts";
import { newEvent, sessionRow } from "./rows.ts";

const ignore = !await canMount();
const DISK_KIB = 2 << 10;

/** Stores events until there is no room, several in a transaction; returns the error. */
function fillUp(store: Store): StoreError {
  const payload = JSON.stringify("x".repeat(3_000));
  return assertThrows(() => {
    for (;;) {
      store.transaction(() => {
        for (let i = 0; i < 5; i++) {
          store.events.append(newEvent("a", store.events.lastId + 1, { payload, text: `word word${i}` }));
        }
      });
    }
  }, StoreError);
}

Deno.test(
  "the store stores all or nothing on a full disk, and works again when there is room",
  { ignore },
  async () => {
    await using disk = await smallDisk(DISK_KIB);
    const path = `${disk.path}/hub.db`;
    using store = Store.open(path);
    store.sessions.insert(sessionRow("a"));
    await Deno.writeFile(`${disk.path}/reserve`, new Uint8Array(700 << 10));
    const error = fillUp(store);
    assertEquals(error.reason, "full", error.message);
    assertStringIncludes(error.message, `${path}: the disk is full: free some space`);
    const { lastId } = store.events;
    assert(lastId > 0 && lastId % 5 === 0, `${lastId}`);
    assertEquals(store.events.page({ limit: 1_000 }).map(({ id }) => id), [...Array(lastId).keys()].map((i) => i + 1));
    // What waits for the index cannot be indexed now.
    assertEquals(store.events.search({ query: "word4", limit: 1 }), []);
    assertThrows(
      () => store.sessions.insert(sessionRow("b", { data: JSON.stringify("x".repeat(100_000)) })),
      StoreError,
    );
    await Deno.remove(`${disk.path}/reserve`);
    store.sessions.insert(sessionRow("b"));
    assertEquals(store.events.append(newEvent("b", 1, { text: "last" })), lastId + 1);
    for (const [query, id] of [["last", lastId + 1], ["word4", lastId]] as const) {
      assertEquals(store.events.search({ query, limit: 1 }).map(({ id }) => id), [id]);
    }
  },
);

Deno.test("open() says that the disk is full, and leaves nothing that it cannot open later", { ignore }, async () => {
  await using disk = await smallDisk(DISK_KIB);
  const path = `${disk.path}/hub.db`;
  await disk.fill();
  const error = assertThrows(() => Store.open(path), StoreError);
  assert(error.reason === "full" || error.reason === "io", error.message);
  assertStringIncludes(error.message, path);
  await disk.empty();
  using store = Store.open(path);
  store.sessions.insert(sessionRow("a"));
});

Deno.test("open() refuses a read-only disk", { ignore }, async () => {
  await using disk = await smallDisk(DISK_KIB);
  const path = `${disk.path}/hub.db`;
  Store.open(path).close();
  const { success } = await new Deno.Command("mount", { args: ["-o", "remount,ro", disk.path] }).output();
  assert(success);
  const error = assertThrows(() => Store.open(path), StoreError);
  assertStringIncludes(error.message, path);
  assert(error.reason === "read_only" || error.reason === "unreadable", error.message);
});

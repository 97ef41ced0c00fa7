import { assertEquals, assertThrows } from "@std/assert";
import { Store } from "../../lib/store/store.ts";
import { tempDir } from "../helpers/temp.ts";
import { newEvent, sessionRow, storeWith } from "./rows.ts";

function names(store: Store): string[] {
  return store.sessions.all().map(({ id }) => id);
}

Deno.test("transaction() stores all when it returns, and nothing when it throws", () => {
  using store = storeWith();
  assertEquals(store.transaction(() => (store.sessions.insert(sessionRow("a")), "result")), "result");
  const failing = () =>
    store.transaction(() => {
      store.sessions.insert(sessionRow("b"));
      store.events.append(newEvent("b", 1));
      throw new TypeError("no");
    });
  assertThrows(failing, TypeError, "no");
  assertEquals(names(store), ["a"]);
  // The number that b had for a moment is not taken for granted.
  store.sessions.insert(sessionRow("c"));
  store.events.append(newEvent("c", 1));
  assertThrows(() => store.events.append(newEvent("b", 1)), Error, "there is no session b");
});

Deno.test("transaction() joins the outer one when it is nested", () => {
  using store = storeWith();
  const failing = () =>
    store.transaction(() => {
      store.transaction(() => store.sessions.insert(sessionRow("a")));
      throw new Error("no");
    });
  assertThrows(failing, Error, "no");
  assertEquals(names(store), []);
});

Deno.test("transaction() does not store the half of a nested one whose error was caught", () => {
  using store = storeWith();
  const inner = () => {
    store.sessions.insert(sessionRow("a"));
    throw new Error("inner");
  };
  const outer = () =>
    store.transaction(() => {
      assertThrows(() => store.transaction(inner), Error, "inner");
    });
  assertThrows(outer, Error, "inner");
  assertEquals(names(store), []);
  store.sessions.insert(sessionRow("b"));
  assertEquals(names(store), ["b"]);
});

Deno.test("transaction() refuses to stay open for a promise", async () => {
  using store = storeWith();
  let pending: Promise<void> = Promise.resolve();
  const work = () => {
    store.sessions.insert(sessionRow("a"));
    return pending = Promise.resolve();
  };
  assertThrows(() => store.transaction(work), TypeError, "promise");
  await pending;
  assertEquals(names(store), []);
});

Deno.test("close() rolls back what is open, and can be called twice", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  const store = Store.open(path);
  const work = () => {
    store.sessions.insert(sessionRow("a"));
    store.close();
  };
  assertThrows(() => store.transaction(work));
  store.close();
  assertThrows(() => store.sessions.all());
  using again = Store.open(path);
  assertEquals(names(again), []);
});

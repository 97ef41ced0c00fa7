import { assertEquals, assertThrows } from "@std/assert";
import { Store } from "../../lib/store/store.ts";
import { StoreError } from "../../lib/store/store_error.ts";

Deno.test("PushTable keeps one subscription for each sign-in and each address, as long as the sign-in lasts", () => {
  using store = Store.open(":memory:");
  const signIn = (id: string, expiresAt: number) =>
    store.signIns.insert({
      id,
      cookieHash: `cookie ${id}`,
      pageKeyHash: "key",
      user: "owner",
      way: "token",
      token: undefined,
      isViewer: false,
      address: "127.0.0.1",
      agent: "",
      createdAt: 1,
      usedAt: 1,
      expiresAt,
    });
  const row = (signIn: string, endpoint: string, createdAt: number) =>
    ({ signIn, endpoint, publicKey: `key of ${endpoint}`, auth: `auth of ${endpoint}`, createdAt }) as const;
  const list = (now = 10) => store.push.list(now).map(({ signIn, endpoint }) => `${signIn} ${endpoint}`);
  for (const [id, expiresAt] of [["a", 20], ["b", 30], ["c", 40]] as const) signIn(id, expiresAt);
  store.push.put(row("a", "one", 3));
  store.push.put(row("b", "two", 2));
  assertEquals(list(), ["b two", "a one"]);
  assertEquals(store.push.get("a"), row("a", "one", 3));
  assertEquals(list(20), ["b two"]);
  store.push.put(row("a", "three", 4));
  assertEquals(list(), ["b two", "a three"]);
  store.push.put(row("c", "two", 5));
  assertEquals([list(), store.push.get("b")], [["a three", "c two"], undefined]);
  assertEquals(assertThrows(() => store.push.put(row("unknown", "four", 6)), StoreError).reason, "conflict");
  store.signIns.delete("a");
  assertEquals(list(), ["c two"]);
  assertEquals([store.push.deleteEndpoint("one"), store.push.deleteEndpoint("two"), list()], [false, true, []]);
  assertEquals([store.push.delete("c"), store.push.get("c")], [false, undefined]);
});

Deno.test("PushTable keeps one key for good", () => {
  using store = Store.open(":memory:");
  assertEquals(store.push.key(), undefined);
  store.push.setKey("{}");
  assertEquals(assertThrows(() => store.push.setKey("[]"), StoreError).reason, "conflict");
  assertEquals(store.push.key(), "{}");
});

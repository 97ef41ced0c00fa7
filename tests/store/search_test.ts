import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { SHARD_EVENTS } from "../../lib/store/full_text.ts";
import type { Store } from "../../lib/store/store.ts";
import { newEvent, storeWith } from "./rows.ts";

function storeOf(...texts: readonly string[]): Store {
  const store = storeWith("a");
  for (const [i, text] of texts.entries()) store.events.append(newEvent("a", i + 1, { text }));
  return store;
}

function found(store: Store, query: string, limit = 10): number[] {
  return store.events.search({ query, limit }).map(({ id }) => id);
}

Deno.test("search() finds words, phrases and beginnings of words, the newest first", () => {
  using store = storeOf(
    "the quick brown fox",
    "a brown and quick dog",
    "Quickly, said the FÖX",
    "rm -rf /tmp/quick.txt",
  );
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ["quick", [4, 2, 1]],
    ["QUICK brown", [2, 1]],
    ['"quick brown"', [1]],
    ['"quick brown', [1]],
    ["quick*", [4, 3, 2, 1]],
    ['"the quick"*', [1]],
    ["fox", [3, 1]],
    ["/tmp/quick.txt", [4]],
    ["-rf", [4]],
    ["quick NOT brown", []],
    ["text:quick", []],
    ["nothing", []],
    ["", []],
    ['* " - ( ) ^', []],
  ];
  for (const [query, expected] of cases) assertEquals(found(store, query), expected, query);
  assertEquals(found(store, "quick", 2), [4, 2]);
  assertEquals(found(store, "quick", 0), []);
});

Deno.test("search() finds words of other scripts", () => {
  using store = storeOf("한국어 문장", "Ελληνικά", "日本語", "naïve Straße");
  assertEquals(["한국어", "ελληνικά", "日本語", "日本*", "NAIVE", "straße"].map((query) => found(store, query)), [
    [1],
    [2],
    [3],
    [3],
    [4],
    [4],
  ]);
});

Deno.test("search() takes whatever is typed", () => {
  using store = storeOf("some words AND OR NOT NEAR");
  const piece = fc.oneof(
    fc.constantFrom(
      '"',
      "*",
      "(",
      ")",
      "^",
      ":",
      "-",
      "+",
      "{",
      "}",
      "AND",
      "OR",
      "NOT",
      "NEAR(",
      "\0",
      "'",
      "ü",
      "\ud800",
    ),
    fc.string({ unit: "binary", maxLength: 5 }),
  );
  const query = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(" ").slice(0, 2_000));
  fc.assert(fc.property(query, (query) => Array.isArray(store.events.search({ query, limit: 3 }))));
  assertEquals(store.events.search({ query: "x ".repeat(100_000), limit: 3 }), []);
  assertEquals(found(store, "NEAR"), [1]);
});

Deno.test("search() finds an event at once, and whether or not it is indexed already", () => {
  using store = storeWith("a");
  store.transaction(() => {
    for (let seq = 1; seq <= 3_000; seq++) store.events.append(newEvent("a", seq, { text: `common rare${seq}` }));
  });
  for (const seq of [1, 2_999, 3_000]) assertEquals(found(store, `rare${seq}`), [seq]);
  store.events.append(newEvent("a", 3_001, { text: "common" }));
  assertEquals(found(store, "common", 3), [3_001, 3_000, 2_999]);
});

Deno.test("search() leaves out events of removed sessions", () => {
  using store = storeWith("a", "b");
  store.events.append(newEvent("a", 1, { text: "word" }));
  store.events.append(newEvent("b", 1, { text: "word" }));
  assertEquals(found(store, "word"), [2, 1]);
  store.sessions.delete("b");
  assertEquals(found(store, "word", 1), [1]);
});

Deno.test("search() goes on with older shards of the index, and not with those that were dropped", () => {
  using store = storeWith("a");
  const last = SHARD_EVENTS + 10;
  store.transaction(() => {
    for (let seq = 1; seq <= last; seq++) {
      const text = seq <= 5 || seq > SHARD_EVENTS ? { text: "word" } : {};
      store.events.append(newEvent("a", seq, text));
    }
  });
  const newest = [...Array(10).keys()].map((i) => last - i);
  assertEquals(found(store, "word", 20), [...newest, 5, 4, 3, 2, 1]);
  assertEquals(found(store, "word", 12), [...newest, 5, 4]);
  while (store.events.prune({ before: SHARD_EVENTS + 1, maxBytes: Infinity, spare: () => false }) > 0);
  assertEquals(found(store, "word", 20), newest);
});

Deno.test("search() shows about 160 characters around the match", () => {
  const filler = "lorem ipsum dolor sit amet ".repeat(40);
  using store = storeOf(`${filler}the Näedle in\n\ta haystack ${filler}`, "short needle", `${"x".repeat(500)} needle`);
  const [long, short, middle] = store.events.search({ query: 'naedle "a hay"*', limit: 5 });
  assertEquals([short, middle], [undefined, undefined]);
  assertMatch(long!.snippet, /^….* the «Näedle» in «a haystack» lorem .*…$/);
  assert(long!.snippet.length > 120 && long!.snippet.length < 180, long!.snippet);
  const others = store.events.search({ query: "needle", limit: 5 });
  assertEquals(others[1]!.snippet, "short «needle»");
  assertMatch(others[0]!.snippet, /^….*«needle»$/);
  assert(others[0]!.snippet.length < 180);
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { RankedSearch, RankedSearchError } from "../../lib/store/ranked_search.ts";
import { SHARD_EVENTS } from "../../lib/store/full_text.ts";
import { Store } from "../../lib/store/store.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";
import { newEvent, sessionRow, storeWith } from "./rows.ts";

/** Texts, of which the second has the most of "apple", and the last the least. */
const TEXTS = ["an apple in a garden of many trees", "apple apple apple", "a pear", `apple ${"word ".repeat(200)}`];

function fill(store: Store): void {
  TEXTS.forEach((text, i) => store.events.append(newEvent("a", i + 1, { text })));
}

/** Opens a store in a file, with the texts. */
function storeAt(path: string): Store {
  const store = Store.open(path);
  store.sessions.insert(sessionRow("a"));
  fill(store);
  return store;
}

Deno.test("searchBest() returns what matches best first, with snippets", () => {
  using store = storeWith("a");
  fill(store);
  store.events.index();
  const found = store.events.searchBest({ query: "apple", limit: 10 }, () => false);
  assertEquals(found.map(({ id }) => id), [2, 1, 4]);
  assertEquals(found[0]!.snippet, "«apple» «apple» «apple»");
  assertEquals(store.events.searchBest({ query: "apple", limit: 1 }, () => false).map(({ id }) => id), [2]);
  assertEquals(store.events.searchBest({ query: "?!", limit: 10 }, () => false), []);
});

Deno.test("searchBest() leaves out events that were removed", () => {
  using store = storeWith("a", "b");
  fill(store);
  store.events.append(newEvent("b", 1, { text: "apple apple apple apple" }));
  store.events.index();
  store.sessions.delete("b");
  const found = store.events.searchBest({ query: "apple", limit: 10 }, () => false);
  assertEquals(found.map(({ id }) => id), [2, 1, 4]);
});

Deno.test("searchBest() ranks the parts of the index together, and leaves out the oldest when its time is over", () => {
  using store = storeWith("a");
  fill(store);
  store.transaction(() => {
    for (let i = TEXTS.length + 1; i < SHARD_EVENTS + 5; i++) store.events.append(newEvent("a", i));
    store.events.append(newEvent("a", SHARD_EVENTS + 5, { text: "one apple among some words" }));
  });
  store.events.index();
  const found = store.events.searchBest({ query: "apple", limit: 10 }, () => false).map(({ id }) => id);
  assertEquals([found.length, found.includes(2), found.includes(SHARD_EVENTS + 5)], [4, true, true]);
  const late = store.events.searchBest({ query: "apple", limit: 10 }, () => true).map(({ id }) => id);
  assertEquals(late, [SHARD_EVENTS + 5]);
});

Deno.test("RankedSearch finds the newest events in a store that is open, in a worker", async () => {
  await using dir = await tempDir();
  using store = storeAt(`${dir.path}/hub.db`);
  using search = new RankedSearch(store);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const found = await search.search({ query: "apple", limit: 10 });
  clearInterval(timer);
  assertEquals(found.map(({ id, session, snippet }) => [id, session, snippet.slice(0, 7)]), [
    [2, "a", "«apple»"],
    [1, "a", "an «app"],
    [4, "a", "«apple»"],
  ]);
  assert(turns > 0, "the program stood still");
  store.events.append(newEvent("a", 5, { text: "apple apple apple apple" }));
  assertEquals((await search.search({ query: "apple", limit: 1 })).map(({ id }) => id), [5]);
});

Deno.test("RankedSearch searches a store in memory", async () => {
  using store = storeWith("a");
  fill(store);
  using search = new RankedSearch(store);
  assertEquals((await search.search({ query: "apple", limit: 1 })).map(({ id }) => id), [2]);
});

Deno.test("RankedSearch answers several searches one after the other, and refuses too many", async () => {
  await using dir = await tempDir();
  using store = storeAt(`${dir.path}/hub.db`);
  using search = new RankedSearch(store);
  const searches = Array.from({ length: 9 }, (_, i) => search.search({ query: "apple", limit: i + 1 }));
  const error = await assertRejects(() => search.search({ query: "apple", limit: 1 }), RankedSearchError);
  assertEquals(error.message, "too many searches at once: try again in a moment");
  assertEquals((await Promise.all(searches)).map((found) => found.length), [1, 2, 3, 3, 3, 3, 3, 3, 3]);
});

Deno.test("RankedSearch stops a search that takes too long, and all when it is disposed of", async () => {
  await using dir = await tempDir();
  using store = storeAt(`${dir.path}/hub.db`);
  const clock = fakeClock();
  const search = new RankedSearch(store, clock);
  const slow = assertRejects(() => search.search({ query: "apple", limit: 1 }), RankedSearchError);
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(30_000);
  assertEquals((await slow).message, "the search takes too long: use more words, or search without rank");
  const both = [1, 2].map(() => assertRejects(() => search.search({ query: "apple", limit: 1 }), RankedSearchError));
  search[Symbol.dispose]();
  assertEquals(
    (await Promise.all(both)).map((error: RankedSearchError) => error.message),
    Array(2).fill("the search was stopped"),
  );
});

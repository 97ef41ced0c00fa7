import { assert, assertEquals } from "@std/assert";
import { Store } from "../../lib/store/store.ts";
import { seededRandom } from "../helpers/random.ts";
import { tempDir } from "../helpers/temp.ts";
import { sessionRow } from "./rows.ts";

const APPENDER = new URL("./appender.ts", import.meta.url).pathname;

/** Runs the appender, kills it after some acknowledged transactions, and returns the last id that it acknowledged. */
async function appendAndKill(path: string, seed: number, transactions: number): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", APPENDER, path, `${seed}`],
    stdout: "piped",
  }).spawn();
  let output = "";
  let isKilled = false;
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += piece;
    if (isKilled || output.split("\n").length <= transactions) continue;
    child.kill("SIGKILL");
    isKilled = true;
  }
  await child.status;
  return Number(output.slice(0, output.lastIndexOf("\n")).split("\n").at(-1));
}

Deno.test("the store has every acknowledged transaction, whole, and no hole after it was killed at random", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/hub.db`;
  {
    using store = Store.open(path);
    store.sessions.insert(sessionRow("a"));
  }
  const random = seededRandom(20_261_121);
  let after = 0;
  for (let round = 1; round <= 6; round++) {
    const acknowledged = await appendAndKill(path, round, 1 + Math.floor(random() * 150));
    using store = Store.open(path);
    assert(store.events.lastId >= acknowledged && acknowledged > after, `${acknowledged} of ${store.events.lastId}`);
    after = check(store, after);
  }
});

/** Looks through the events after an id; returns the last one. */
function check(store: Store, after: number): number {
  let last = after;
  let left = 0;
  for (let page = store.events.page({ after, limit: 500 }); page.length > 0;) {
    for (const { id, seq, payload } of page) {
      assertEquals([id, seq], [last + 1, last + 1]);
      const { i, of } = JSON.parse(payload);
      assertEquals(i, left === 0 ? 1 : of - left + 1);
      left = of - i;
      last = id;
    }
    page = store.events.page({ after: last, limit: 500 });
  }
  assertEquals(left, 0, "the last transaction is whole");
  assertEquals(store.events.lastId, last);
  for (const seq of [after + 1, Math.floor((after + last) / 2), last]) {
    assertEquals(store.events.search({ query: `seq${seq}`, limit: 5 }).map(({ id }) => id), [seq]);
    assert(store.events.hasUuid("a", `uuid-${seq}`));
  }
  return last;
}

import { assert, assertEquals } from "@std/assert";
import { sortInTurns } from "../../lib/system/turns.ts";
import { seededRandom } from "../helpers/random.ts";

Deno.test("sortInTurns() sorts like sort() and pauses every few thousand items", async () => {
  const random = seededRandom(3);
  for (const length of [0, 1, 4_096, 4_097, 50_000]) {
    const items = Array.from({ length }, (_, i) => ({ key: Math.floor(random() * 1_000), i }));
    let turns = 0;
    const sorted = await sortInTurns(items, (a, b) => a.key - b.key, () => void turns++);
    assertEquals(sorted, items.toSorted((a, b) => a.key - b.key));
    assert(turns >= Math.floor(length / 4_096) * Math.ceil(Math.log2(length / 4_096 + 1)), `${turns} turns`);
  }
});

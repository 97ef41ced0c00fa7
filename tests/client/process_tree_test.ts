import { assertEquals } from "@std/assert";
import { ProcessTree } from "../../lib/client/process_tree.ts";

Deno.test("below() returns all processes below one, and does not follow circles", () => {
  const tree = new ProcessTree([[1, 0], [10, 1], [11, 10], [12, 11], [20, 1], [30, 31], [31, 30]]);
  assertEquals(tree.below(10), [11, 12]);
  assertEquals(tree.below(12), []);
  assertEquals(tree.below(30), [31]);
});

Deno.test("below() returns nothing for a process that is not known, and never the whole machine", () => {
  const tree = new ProcessTree([[1, 0], [2, 0], [10, 1]]);
  assertEquals([tree.below(0), tree.below(-1), tree.below(NaN)], [[], [], []]);
});

import { assertEquals, assertRejects } from "@std/assert";
import { OutputBudget } from "../../lib/daemon/connection/output_budget.ts";

Deno.test("OutputBudget.take() grants shares at once when they fit, and all others in order", async () => {
  const budget = new OutputBudget(100);
  const [a, b, c, d] = Array.from({ length: 4 }, () => budget.share());
  const granted: string[] = [];
  const ask = (name: string, pending: Promise<void> | undefined) => pending?.then(() => void granted.push(name));
  assertEquals([a!.take(60), a!.take(40), b!.take(40)], [undefined, undefined, undefined]);
  const waiting = [ask("c", c!.take(50)), ask("d", d!.take(1))];
  assertEquals(budget.held, 100);
  b!.release();
  await Promise.resolve();
  // A smaller share does not overtake a larger one, which might otherwise wait forever.
  assertEquals([granted, budget.held], [[], 60]);
  a!.release();
  await Promise.all(waiting);
  assertEquals([granted, budget.held], [["c", "d"], 51]);
  for (const share of [a!, b!, c!, c!, d!]) share.release();
  assertEquals(budget.held, 0);
});

Deno.test("OutputBudget.take() grants the oldest share when it is larger than the budget", async () => {
  const budget = new OutputBudget(100);
  const [a, b, c] = Array.from({ length: 3 }, () => budget.share());
  assertEquals([a!.take(10), b!.take(10), c!.take(10)], [undefined, undefined, undefined]);
  assertEquals(a!.take(500), undefined);
  const second = b!.take(300);
  const third = c!.take(20);
  a!.release();
  await second;
  assertEquals(budget.held, 310);
  b!.release();
  await third;
  assertEquals(budget.held, 20);
});

Deno.test("OutputBudget.hold() makes other shares wait when it exceeds the budget", async () => {
  const budget = new OutputBudget(100);
  const [a, b] = [budget.share(), budget.share()];
  a.hold(150);
  const waiting = b.take(50);
  assertEquals(budget.held, 150);
  a.hold(40);
  await waiting;
  assertEquals(budget.held, 90);
});

Deno.test("OutputBudget.close() rejects shares when they wait", async () => {
  const budget = new OutputBudget(100);
  const [a, b] = [budget.share(), budget.share()];
  a.take(100);
  const waiting = b.take(50);
  budget.close();
  await assertRejects(async () => await waiting, Error, "the client is gone");
  await assertRejects(async () => await a.take(200), Error, "the client is gone");
  for (const share of [a, b]) share.release();
  assertEquals(budget.held, 0);
});

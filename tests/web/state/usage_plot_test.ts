import { assertEquals } from "@std/assert";
import type { UsagePart } from "../../../lib/projects/types.ts";
import { barsOf, DAYS } from "../../../lib/web/state/usage_plot.ts";

function usage(key: string, cost_usd: number): UsagePart {
  return { key, cost_usd, tokens: { input: 0, output: 0, cache_read: 0, cache_creation: 0 } };
}

Deno.test("barsOf() has a bar for each of the last days, also where nothing was used", () => {
  const bars = barsOf([usage("2026-02-27", 4), usage("2026-03-02", 2)], ({ cost_usd }) => cost_usd ?? 0);
  assertEquals([bars.length, bars[0]!.day, bars.at(-1)!.day], [DAYS, "2026-02-01", "2026-03-02"]);
  assertEquals(bars.slice(-4).map(({ height }) => height), [1, 0, 0, 0.5]);
});

Deno.test("barsOf() has nothing to show without days", () => {
  assertEquals(barsOf([], () => 1), []);
});

import { assertEquals } from "@std/assert";
import { parsePrices, priceOf, PRICES } from "../../lib/projects/prices.ts";

Deno.test("priceOf() finds a model by any of its names", () => {
  const names = [
    "claude-opus-4-5",
    "claude-opus-4-5-20251101",
    "claude-opus-4-5-20251101[1m]",
    "claude-opus-4-5@20251101",
    "us.anthropic.claude-opus-4-5-20251101-v1:0",
    "anthropic/claude-opus-4-5",
  ];
  for (const name of names) assertEquals(priceOf(name, {}), PRICES["claude-opus-4-5"], name);
  for (const name of ["", "claude", "claude-opus-99", "constructor", "toString"]) {
    assertEquals(priceOf(name, {}), undefined);
  }
});

Deno.test("priceOf() prefers configured prices", () => {
  const price = { input: 1, output: 2 };
  assertEquals(priceOf("claude-opus-4-5-20251101", { "claude-opus-4-5": price }), price);
  assertEquals(priceOf("us.anthropic.special-v1:0", { special: price }), price);
  assertEquals(priceOf("us.anthropic.special-v1:0", { "us.anthropic.special-v1:0": price }), price);
});

Deno.test("parsePrices() reads prices, and says what is wrong with others", () => {
  const price = { input: 1, output: 2, cache_read: 0 };
  assertEquals(parsePrices({ m: price }), { m: price });
  for (
    const wrong of [1, null, [], {}, { input: 1 }, { ...price, x: 1 }, { ...price, input: -1 }, {
      ...price,
      input: "1",
    }]
  ) {
    assertEquals(typeof parsePrices({ m: wrong }), "string");
  }
});

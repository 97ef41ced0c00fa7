/**
 * Adds up what was used, and about what it costs.
 *
 * @module
 */

import { type ModelPrice, priceOf } from "./prices.ts";
import type { TokenCounts, Usage, UsagePart } from "./types.ts";
import type { UsageBucket } from "./usage_index.ts";

/** How prices are counted. */
const MILLION = 1_000_000;

/** What is shown of the usage. */
export interface UsageConfig {
  /** Tokens and what they cost, tokens alone, or nothing. */
  readonly mode: "cost" | "tokens" | "off";
  /** Prices that differ from the built-in ones. */
  readonly prices: Readonly<Record<string, ModelPrice>>;
}

/** A sum. */
class Sum {
  tokens = { input: 0, output: 0, cache_read: 0, cache_creation: 0 };
  cost = 0;
  /** Whether the price of anything in it is known. */
  isPriced = false;
  last = 0;

  add(bucket: UsageBucket, cost: number | undefined): void {
    this.tokens.input += bucket.input;
    this.tokens.output += bucket.output;
    this.tokens.cache_read += bucket.cacheRead;
    this.tokens.cache_creation += bucket.cacheCreation;
    this.cost += cost ?? 0;
    this.isPriced ||= cost !== undefined;
    this.last = Math.max(this.last, bucket.last);
  }

  get total(): number {
    const { input, output, cache_read, cache_creation } = this.tokens;
    return input + output + cache_read + cache_creation;
  }
}

/** Adds up buckets. What a model without a price has used is in the tokens, not in the money. */
export function summarize(buckets: readonly UsageBucket[], { mode, prices }: UsageConfig): Usage {
  const all = new Sum();
  const [models, days, sessions] = [new Map<string, Sum>(), new Map<string, Sum>(), new Map<string, Sum>()];
  const unpriced = new Set<string>();
  for (const bucket of buckets) {
    const cost = costOf(bucket, priceOf(bucket.model, prices));
    if (cost === undefined && totalOf(bucket) > 0) unpriced.add(bucket.model);
    all.add(bucket, cost);
    for (const [map, key] of [[models, bucket.model], [days, bucket.day], [sessions, bucket.session]] as const) {
      sumOf(map, key).add(bucket, cost);
    }
  }
  const isShown = mode === "cost";
  const parts = (map: Map<string, Sum>, compare: (a: [string, Sum], b: [string, Sum]) => number) =>
    [...map].filter(([, sum]) => sum.total > 0).sort(compare).map((entry) => toPart(entry, isShown));
  return {
    tokens: all.tokens,
    cost_usd: isShown ? rounded(all.cost) : null,
    approximate: true,
    unpriced: isShown ? [...unpriced].sort() : [],
    by_model: parts(models, ([, a], [, b]) => b.cost - a.cost || b.total - a.total),
    by_day: parts(days, ([a], [b]) => a < b ? -1 : 1),
    sessions: parts(sessions, ([, a], [, b]) => b.last - a.last),
  };
}

function sumOf(map: Map<string, Sum>, key: string): Sum {
  const known = map.get(key);
  if (known !== undefined) return known;
  const sum = new Sum();
  map.set(key, sum);
  return sum;
}

function toPart([key, { tokens, cost, isPriced }]: [string, Sum], isShown: boolean): UsagePart {
  const counts: TokenCounts = tokens;
  return { key, tokens: counts, cost_usd: isShown && isPriced ? rounded(cost) : null };
}

function totalOf({ input, output, cacheRead, cacheCreation }: UsageBucket): number {
  return input + output + cacheRead + cacheCreation;
}

function costOf(bucket: UsageBucket, price: ModelPrice | undefined): number | undefined {
  if (price === undefined) return undefined;
  const { input, output } = price;
  const { cache_read = input / 10, cache_creation = input * 1.25, cache_creation_1h = input * 2 } = price;
  const short = bucket.cacheCreation - bucket.cacheCreationLong;
  return (bucket.input * input + bucket.output * output + bucket.cacheRead * cache_read + short * cache_creation +
    bucket.cacheCreationLong * cache_creation_1h) / MILLION;
}

/** Sums of prices have digits that mean nothing. */
function rounded(usd: number): number {
  return Math.round(usd * MILLION) / MILLION;
}

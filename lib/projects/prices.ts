/**
 * What models cost: one table of data. Prices change; `usage.prices` in `hub.toml` has others.
 *
 * @module
 */

/** What a model costs, in US dollars a million tokens. */
export interface ModelPrice {
  /** What it reads. */
  readonly input: number;
  /** What it writes. */
  readonly output: number;
  /** What it reads from the cache. @default {a tenth of `input`} */
  readonly cache_read?: number;
  /** What it writes to the cache. @default {1.25 times `input`} */
  readonly cache_creation?: number;
  /** What it writes to the cache for an hour. @default {twice `input`} */
  readonly cache_creation_1h?: number;
}

/** The members of a price. */
const PRICE_MEMBERS = ["input", "output", "cache_read", "cache_creation", "cache_creation_1h"] as const;

/** The models, by name without a date. */
export const PRICES: Readonly<Record<string, ModelPrice>> = {
  "claude-3-haiku": { input: 0.25, output: 1.25, cache_read: 0.03, cache_creation: 0.3 },
  "claude-3-opus": { input: 15, output: 75 },
  "claude-3-sonnet": { input: 3, output: 15 },
  "claude-3-5-haiku": { input: 0.8, output: 4 },
  "claude-3-5-sonnet": { input: 3, output: 15 },
  "claude-3-7-sonnet": { input: 3, output: 15 },
  "claude-sonnet-4": { input: 3, output: 15 },
  "claude-sonnet-4-0": { input: 3, output: 15 },
  "claude-sonnet-4-5": { input: 3, output: 15 },
  "claude-sonnet-4-6": { input: 3, output: 15 },
  "claude-haiku-4-5": { input: 1, output: 5 },
  "claude-opus-4": { input: 15, output: 75 },
  "claude-opus-4-0": { input: 15, output: 75 },
  "claude-opus-4-1": { input: 15, output: 75 },
  "claude-opus-4-5": { input: 5, output: 25 },
  "claude-opus-4-6": { input: 5, output: 25 },
};

/** What comes after the name of a model: a date, a version, a size of the context. */
const SUFFIX = /(?:\[[^\]]*\]|@\d{8}|-\d{8}|-v\d+(?::\d+)?|-latest)$/;
/** What comes before it: where it runs. */
const PREFIX = /^(?:[a-z-]+\.)?anthropic[./]/;

/**
 * Returns what a model costs; `undefined` if that is not known.
 *
 * @param prices The prices that differ, by the model's whole name or the name without a date.
 */
export function priceOf(model: string, prices: Readonly<Record<string, ModelPrice>>): ModelPrice | undefined {
  for (let name = model.replace(PREFIX, "");;) {
    for (const table of [prices, PRICES]) if (Object.hasOwn(table, name)) return table[name];
    const shorter = name.replace(SUFFIX, "");
    if (shorter === name) return Object.hasOwn(prices, model) ? prices[model] : undefined;
    name = shorter;
  }
}

/** Reads the prices of a configuration; a text is what is wrong with them. */
export function parsePrices(table: Readonly<Record<string, unknown>>): Readonly<Record<string, ModelPrice>> | string {
  const prices: Record<string, ModelPrice> = {};
  for (const [model, value] of Object.entries(table)) {
    const price = parsePrice(value);
    if (price === undefined) {
      return `must be a table such as { input = 3, output = 15 } for each model, in dollars a million tokens, which that ` +
        `of ${JSON.stringify(model)} is not; it may have ${PRICE_MEMBERS.join(", ")}`;
    }
    prices[model] = price;
  }
  return prices;
}

function parsePrice(value: unknown): ModelPrice | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const members: Partial<Record<string, number>> = {};
  for (const [name, member] of Object.entries(value)) {
    if (!isPriceMember(name) || typeof member !== "number" || !(member >= 0 && member < Infinity)) return undefined;
    members[name] = member;
  }
  const { input, output, ...rest } = members;
  return input === undefined || output === undefined ? undefined : { ...rest, input, output };
}

function isPriceMember(name: string): boolean {
  return PRICE_MEMBERS.some((member) => member === name);
}

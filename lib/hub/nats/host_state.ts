/**
 * What each hub tells all others of itself every few seconds.
 *
 * @module
 */

import * as v from "valibot";

/** How often a hub tells its state, in milliseconds. */
export const STATE_MS = 10_000;
/** After this time without a state a host counts as away, in milliseconds. */
export const AWAY_MS = 25_000;

/** The last instant that dates can express, in milliseconds since the epoch. */
const MAX_TIME = 8.64e15;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const schema = v.object({
  name: v.pipe(v.string(), v.maxLength(256)),
  hub: v.pipe(v.string(), v.maxLength(64)),
  run: v.pipe(v.string(), v.maxLength(64)),
  at: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_TIME)),
  version: v.pipe(v.string(), v.maxLength(64)),
  last_event: count,
  sessions: count,
  waiting: count,
  nkey: v.exactOptional(v.pipe(v.string(), v.regex(/^U[A-Z2-7]{55}$/))),
  stopping: v.exactOptional(v.boolean()),
});

/** The state of a hub. */
export interface HostState {
  /** The name of the hub, which is that of its subjects. */
  readonly name: string;
  /** Tells hubs of the same name apart; it stays the same over restarts. */
  readonly hub: string;
  /** Another one after each start. */
  readonly run: string;
  /** When it was told, in milliseconds since the epoch. */
  readonly at: number;
  /** The version of claustrum. */
  readonly version: string;
  /** The id of the newest event. */
  readonly last_event: number;
  /** How many sessions there are. */
  readonly sessions: number;
  /** How many permissions wait for a person. */
  readonly waiting: number;
  /** Its public nkey, if it has one. */
  readonly nkey?: string;
  /** Whether it stops in this moment. */
  readonly stopping?: boolean;
}

/** Reads the state of a host; `undefined` if it is none. */
export function parseState(data: Uint8Array): HostState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(data));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}

/**
 * What a line of a transcript says about the use of tokens.
 *
 * @module
 */

import { asJsonObject, parseJsonLine } from "../system/json_object.ts";

/** What one answer of a model has used. */
export interface UsageRecord {
  /** What all lines of the answer have in common. */
  readonly id: string;
  /** The model. */
  readonly model: string;
  /** The id of the conversation. */
  readonly session: string;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  /** What was read. */
  readonly input: number;
  /** What was written. */
  readonly output: number;
  /** What was read from the cache. */
  readonly cacheRead: number;
  /** What was written to the cache. */
  readonly cacheCreation: number;
  /** The part of that which the cache keeps for an hour, and which costs more. */
  readonly cacheCreationLong: number;
}

/** What is known of a line without having read it. */
export interface LineContext {
  /** The id of the conversation, for lines that do not say it. */
  readonly session: string;
  /** When, for lines that do not say it, in milliseconds since the epoch. */
  readonly at: number;
}

/** The text that every such line contains; within strings it would be written otherwise. */
export const USAGE_MARK = '"usage"';
/** More tokens than any answer has: sums of larger numbers could not be stored. */
const MAX_COUNT = 1_000_000_000;
const ANSWER_MARK = '"assistant"';

/** Reads a line; `undefined` if it says nothing about usage. */
export function parseUsage(line: string, { session, at }: LineContext): UsageRecord | undefined {
  // Results of tools may report the usage of others, too, which has lines of its own.
  if (!line.includes(ANSWER_MARK)) return undefined;
  const record = parseJsonLine(line);
  if (record?.["type"] !== "assistant") return undefined;
  const message = asJsonObject(record["message"]);
  const usage = asJsonObject(message?.["usage"]);
  const id = text(message?.["id"]) ?? text(record["requestId"]) ?? text(record["uuid"]);
  if (message === undefined || usage === undefined || id === undefined) return undefined;
  const cacheCreation = count(usage["cache_creation_input_tokens"]);
  const long = count(asJsonObject(usage["cache_creation"])?.["ephemeral_1h_input_tokens"]);
  const found = {
    id,
    model: text(message["model"]) ?? "unknown",
    session: text(record["sessionId"]) ?? session,
    at: time(record["timestamp"]) ?? at,
    input: count(usage["input_tokens"]),
    output: count(usage["output_tokens"]),
    cacheRead: count(usage["cache_read_input_tokens"]),
    cacheCreation,
    cacheCreationLong: Math.min(long, cacheCreation),
  };
  // Answers that the CLI itself makes up.
  return totalOf(found) === 0 ? undefined : found;
}

/** All tokens of an answer. */
export function totalOf(
  { input, output, cacheRead, cacheCreation }: Pick<UsageRecord, "input" | "output" | "cacheRead" | "cacheCreation">,
): number {
  return input + output + cacheRead + cacheCreation;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, 256) : undefined;
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 && value <= MAX_COUNT ? value : 0;
}

function time(value: unknown): number | undefined {
  const at = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? undefined : at;
}

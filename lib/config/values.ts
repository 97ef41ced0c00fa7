/**
 * The values that flags and configuration keys accept (contract: Command line; Configuration).
 *
 * @module
 */

import { type GenerationName, isGenerationName } from "../contract/generation.ts";

/** The kinds of values. */
export type ValueKind = "boolean" | "string" | "integer" | "bytes" | "duration" | "sha" | "contract";

/** The type that each kind of value is parsed to. */
export interface ValueTypes {
  /** On or off. */
  readonly boolean: boolean;
  /** The text unchanged. */
  readonly string: string;
  /** A whole number from 0. */
  readonly integer: number;
  /** A number of bytes. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly duration: number;
  /** A git sha in hexadecimal. */
  readonly sha: string;
  /** A generation of the contract. */
  readonly contract: GenerationName;
}

/** A value that was parsed. */
export interface ReadValue<V extends ValueTypes[ValueKind]> {
  /** The value. */
  readonly value: V;
  /** Whether the text was a negative number, which counts as 0. */
  readonly wasNegative: boolean;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const MAX_DIGITS = 15;

/** Parses a value; returns `undefined` if it is malformed. Booleans are not parsed here: the two flag styles and the
 * configuration file each have their own syntax for them. */
export function readValue(kind: ValueKind, text: string): ReadValue<string | number> | undefined {
  switch (kind) {
    case "string":
      return { value: text, wasNegative: false };
    case "integer":
      return /^\d{1,9}$/.test(text) ? { value: Number(text), wasNegative: false } : undefined;
    case "bytes":
      return readBytes(text);
    case "duration":
      return readDuration(text);
    case "sha":
      return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text) ? { value: text, wasNegative: false } : undefined;
    case "contract":
      return isGenerationName(text) ? { value: text, wasNegative: false } : undefined;
    case "boolean":
      return undefined;
  }
}

function readBytes(text: string): ReadValue<number> | undefined {
  const match = /^([+-]?)(\d+)$/.exec(text);
  if (match === null || match[2]!.length > MAX_DIGITS) return undefined;
  return notBelowZero(Number(match[2]), match[1]!);
}

/** Parses a duration like `1m30s` or `500ms`. */
function readDuration(text: string): ReadValue<number> | undefined {
  if (/^[+-]?0$/.test(text)) return { value: 0, wasNegative: false };
  const match = /^([+-]?)((?:\d+(?:\.\d+)?(?:ms|s|m|h))+)$/.exec(text);
  if (match === null) return undefined;
  let ms = 0;
  for (const [, amount = "", unit = ""] of match[2]!.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    ms += Number(amount) * UNITS_MS[unit]!;
  }
  return notBelowZero(ms, match[1]!);
}

function notBelowZero(amount: number, sign: string): ReadValue<number> {
  const wasNegative = sign === "-" && amount > 0;
  return { value: wasNegative ? 0 : amount, wasNegative };
}

/**
 * What flags and configuration keys may be set to (contract: Command line; Configuration).
 *
 * @module
 */

/** The kinds of values. */
export type ValueKind = "boolean" | "string" | "integer" | "bytes" | "duration" | "sha";

/** What a value of a kind is read as. */
export interface ValueTypes {
  /** On or off. */
  readonly boolean: boolean;
  /** The text as it is. */
  readonly string: string;
  /** A number from 0. */
  readonly integer: number;
  /** A count of bytes. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly duration: number;
  /** A git sha in hexadecimal. */
  readonly sha: string;
}

/** A value that could be read. */
export interface ReadValue<V extends ValueTypes[ValueKind]> {
  /** The value. */
  readonly value: V;
  /** Whether it was below 0, and counts as 0. */
  readonly wasNegative: boolean;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const MAX_DIGITS = 15;

/** Reads a value; `undefined` when it is malformed. The two spellings and the file have booleans of their own. */
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
    case "boolean":
      return undefined;
  }
}

function readBytes(text: string): ReadValue<number> | undefined {
  const match = /^([+-]?)(\d+)$/.exec(text);
  if (match === null || match[2]!.length > MAX_DIGITS) return undefined;
  return notBelowZero(Number(match[2]), match[1]!);
}

/** Like `1m30s` or `500ms`. */
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

/**
 * Facts as people read them.
 *
 * @module
 */

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/**
 * Says how long ago something was.
 *
 * @param at When, as ISO 8601 or in milliseconds since the epoch.
 * @param now Now, in milliseconds since the epoch.
 */
export function ago(at: string | number, now: number): string {
  const ms = typeof at === "number" ? at : Date.parse(at);
  for (const [unit, length] of UNITS) {
    if (now - ms >= length) return RELATIVE.format(-Math.floor((now - ms) / length), unit);
  }
  return "just now";
}

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });

/** Says how long something took, in milliseconds. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Writes an amount of money in dollars. */
export function money(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.01 ? "<$0.01" : `$${usd.toFixed(2)}`;
}

/** Writes a number briefly, such as `12.3k`. */
export function brief(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 1_000_000) return `${(count / 1_000).toFixed(count < 10_000 ? 1 : 0)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}

const SIZES = ["KB", "MB", "GB", "TB"];

/** Writes a number of bytes briefly, such as `12 MB`. */
export function bytesText(count: number): string {
  if (count < 1024) return `${Math.round(count)} B`;
  let [size, unit] = [count / 1024, 0];
  while (size >= 1024 && unit < SIZES.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${SIZES[unit]}`;
}

export { counted } from "../../system/counted.ts";

/** Returns the end of a path, which says most. */
export function shortPath(path: string): string {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.length <= 2 ? path : `…/${parts.slice(-2).join("/")}`;
}

/** Returns a path as it is seen from a directory that contains it; other paths stay whole. */
export function pathWithin(path: string, directory: string | undefined): string {
  const root = directory === undefined || directory.endsWith("/") ? directory : `${directory}/`;
  return root !== undefined && path.startsWith(root) && path !== root ? path.slice(root.length) : path;
}

/** Returns the name of a model as people say it, such as `opus-4-5`. */
export function shortModel(model: string): string {
  return model.replace(/^claude-/, "").replace(/-\d{8}(?=$|\[)/, "");
}

/** Writes what the hub says, such as a reason, as a sentence of its own. */
export function sentence(text: string): string {
  const whole = text.trim();
  // The name of a program or a field begins as it is written.
  const start = /^[a-z]+(?=[ ,:;'])/.test(whole) && !/^claude\b/.test(whole)
    ? whole.slice(0, 1).toUpperCase()
    : whole.slice(0, 1);
  return `${start}${whole.slice(1)}${/[.!?…]$/.test(whole) || whole === "" ? "" : "."}`;
}

/** Returns the last part of a path. */
export function baseName(path: string): string {
  return path.split("/").findLast((part) => part !== "") ?? path;
}

/**
 * Matches characters that nobody sees, or that change the direction of what is read: a command could look like another
 * one.
 */
const INVISIBLE =
  // deno-lint-ignore no-control-regex -- control characters are what it looks for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** Shows invisible characters as their codes. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** A piece of a text: as it is, or the code of a character that nobody would see. */
export interface TextPart {
  /** The text, or the code. */
  readonly text: string;
  /** Whether it is the code of a character. */
  readonly isCode: boolean;
}

/** Splits a text into what can be seen and the codes of what cannot. */
export function visibleParts(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: character, index } of text.matchAll(INVISIBLE)) {
    if (index > end) parts.push({ text: text.slice(end, index), isCode: false });
    parts.push({ text: visible(character), isCode: true });
    end = index + character.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isCode: false });
  return parts;
}

/** Matches characters that change the direction of the text after them. */
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;

/** Shows characters that change the direction of a text as their codes; what else cannot be seen stays, as in emoji. */
export function withoutDirections(text: string): string {
  return text.replace(DIRECTIONS, visible);
}

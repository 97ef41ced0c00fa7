/**
 * The part of a text that shows why a search found it.
 *
 * @module
 */

import { type SearchTerm, type Word, wordsOf } from "./search_query.ts";

/** How long a snippet is without its marks, in UTF-16 units. */
const SNIPPET_LENGTH = 160;
/** How much of it stands before the first match. */
const LEAD_LENGTH = 40;

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts out the part of a text around the first match; the matches are between « and ».
 *
 * @returns About 160 characters in one line, with … where the text goes on; the beginning of the text if nothing
 * matches.
 */
export function snippetOf(text: string, terms: readonly SearchTerm[]): string {
  const first = firstMatch(text, terms)?.start ?? 0;
  const start = startNear(text, Math.max(0, first - LEAD_LENGTH), first);
  const end = endNear(text, start + SNIPPET_LENGTH);
  const part = mark(text.slice(start, end), terms).replace(/\s+/g, " ").trim();
  return `${start > 0 ? "…" : ""}${part}${end < text.length ? "…" : ""}`;
}

function firstMatch(text: string, terms: readonly SearchTerm[]): Range | undefined {
  return matchesOf(text, terms).next().value ?? undefined;
}

function mark(part: string, terms: readonly SearchTerm[]): string {
  let marked = "";
  let at = 0;
  for (const { start, end } of matchesOf(part, terms)) {
    marked += `${part.slice(at, start)}«${part.slice(start, end)}»`;
    at = end;
  }
  return marked + part.slice(at);
}

/** Goes through the matches in order; they do not overlap. */
function* matchesOf(text: string, terms: readonly SearchTerm[]): Generator<Range, undefined> {
  const longest = Math.max(1, ...terms.map(({ words }) => words.length));
  /** The next words, as many as the longest term has. */
  const ahead: Word[] = [];
  const source = wordsOf(text);
  for (;;) {
    while (ahead.length < longest) {
      const { value, done } = source.next();
      if (done) break;
      ahead.push(value);
    }
    if (ahead.length === 0) return undefined;
    const length = Math.max(0, ...terms.filter((term) => startsWith(ahead, term)).map(({ words }) => words.length));
    if (length > 0) yield { start: ahead[0]!.start, end: ahead[length - 1]!.end };
    ahead.splice(0, Math.max(1, length));
  }
}

function startsWith(words: readonly Word[], term: SearchTerm): boolean {
  return term.words.every((wanted, i) => {
    const folded = words[i]?.folded;
    const isBeginning = term.isPrefix && i === term.words.length - 1;
    return folded !== undefined && (isBeginning ? folded.startsWith(wanted) : folded === wanted);
  });
}

/** The start of a word near `at`, if there is one before `latest`. */
function startNear(text: string, at: number, latest: number): number {
  if (at === 0) return 0;
  const space = text.slice(at, latest).search(/\s/);
  return space < 0 ? wholeCharacter(text, at) : at + space + 1;
}

/** The end of a word near `at`. */
function endNear(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const space = text.slice(at - LEAD_LENGTH, at).search(/\s\S*$/);
  return space < 0 ? wholeCharacter(text, at) : at - LEAD_LENGTH + space;
}

/** Moves a position out of the middle of a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

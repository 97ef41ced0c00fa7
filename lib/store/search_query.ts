/**
 * What a person types into a search box, turned into a query of FTS5 that is never a syntax error.
 *
 * @module
 */

/** The longest query that is read, in UTF-16 units; the rest is ignored. */
const MAX_QUERY_LENGTH = 1_000;
/** How many words and phrases count; the rest is ignored. */
const MAX_TERMS = 32;

/** A word, or several that must follow each other. */
export interface SearchTerm {
  /** The words, folded as {@linkcode foldWord} does; at least one. */
  readonly words: readonly string[];
  /** The words as they were typed, for FTS5 folds otherwise: it takes no Korean syllable apart, for example. */
  readonly typed: readonly string[];
  /** Whether the last word is the beginning of one. */
  readonly isPrefix: boolean;
}

/** Matches a phrase, closed or not, or a run without a space or a quote. */
const PART = /"([^"]*)"?(\*)?|([^\s"]+)/g;
/** Matches what counts as a word, as FTS5's `unicode61` does. */
const WORD = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{Co}\p{M}]*/gu;

/**
 * Reads a query: words, `"quoted phrases"`, and `*` at the end of either for the beginning of a word. All must be
 * found. Other signs separate words, and words without a space between them must follow each other.
 */
export function parseQuery(query: string): SearchTerm[] {
  const terms: SearchTerm[] = [];
  for (const [, phrase, star, word] of query.slice(0, MAX_QUERY_LENGTH).matchAll(PART)) {
    const text = phrase ?? word ?? "";
    const words = [...wordsOf(text)];
    if (words.length === 0) continue;
    const typed = words.map(({ start, end }) => text.slice(start, end));
    terms.push({
      words: words.map(({ folded }) => folded),
      typed,
      isPrefix: star !== undefined || (word?.endsWith("*") ?? false),
    });
    if (terms.length === MAX_TERMS) break;
  }
  return terms;
}

/** Writes terms as a query of FTS5. */
export function toMatch(terms: readonly SearchTerm[]): string {
  return terms.map(({ typed, isPrefix }) => `"${typed.join(" ")}"${isPrefix ? "*" : ""}`).join(" ");
}

/** A word of a text. */
export interface Word {
  /** Where it starts in the text, in UTF-16 units. */
  readonly start: number;
  /** Where it ends in the text, in UTF-16 units. */
  readonly end: number;
  /** The word as {@linkcode foldWord} gives it. */
  readonly folded: string;
}

/** Goes through the words of a text. */
export function* wordsOf(text: string): Generator<Word> {
  for (const match of text.matchAll(WORD)) {
    yield { start: match.index, end: match.index + match[0].length, folded: foldWord(match[0]) };
  }
}

/** Returns a word in lower case, without diacritics. */
function foldWord(word: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(word)) return word.toLowerCase();
  return word.normalize("NFD").replace(/\p{M}+/gu, "").toLowerCase();
}

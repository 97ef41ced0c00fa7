/**
 * Code in parts that look the same.
 *
 * @module
 */

/** A part of code. */
export interface CodePart {
  readonly text: string;
  /** What it is, such as `keyword`; empty for nothing special. */
  readonly kind: string;
}

/** Splits code; `undefined` if the language is not known. */
export type Highlight = (code: string, language: string) => readonly CodePart[] | undefined;

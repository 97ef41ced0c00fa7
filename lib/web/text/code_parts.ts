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

/** Asks for the parts of code. */
export interface HighlightRequest {
  readonly code: string;
  /** The language, as a text names it. */
  readonly language: string;
}

/** Answers a request. */
export interface HighlightReply {
  /** The parts; `undefined` if the language is not known, or the code is too much for the highlighter. */
  readonly parts: readonly CodePart[] | undefined;
}

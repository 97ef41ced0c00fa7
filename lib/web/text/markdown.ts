/**
 * Reads Markdown: into tokens, never into HTML. What an agent writes is read within bounds, whatever it is.
 *
 * @module
 */

import { Lexer, type Token, type Tokens } from "marked";

/** The longest paragraph whose emphasis and links are read, in characters: reading takes longer than in proportion. */
const MAX_INLINE = 8_000;
/** The longest text that is read, in characters. */
const MAX_MARKDOWN = 100_000;
/** A line that begins with more marks of quotes or lists than this is no Markdown that a person wrote. */
const DEEP = /^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])){20}/m;
/** A line that is indented by more than this is likely to be a level of a list that is too deep. */
const INDENTED = /^[ \t]{80,}[-*+>]/m;

/** A block of a text. */
export type Block = Token;

/** Reads a text. */
export function blocksOf(text: string): readonly Block[] {
  if (text.length > MAX_MARKDOWN) {
    return [...blocksOf(text.slice(0, MAX_MARKDOWN)), plain(text.slice(MAX_MARKDOWN))];
  }
  if (DEEP.test(text) || INDENTED.test(text)) return [plain(text)];
  const lexer = new Lexer({ gfm: true });
  const blocks = lexer.blockTokens(text.replace(/\r\n|\r/g, "\n"), lexer.tokens);
  for (const { src, tokens } of lexer.inlineQueue) {
    if (src.length <= MAX_INLINE) lexer.inlineTokens(src, tokens);
    else tokens.push(plain(src));
  }
  lexer.inlineQueue = [];
  return blocks;
}

function plain(text: string): Tokens.Text {
  return { type: "text", raw: text, text };
}

/** Reads a text that grows at its end: only its last block is read again. */
export class GrowingMarkdown {
  #text = "";
  /** The blocks that what follows cannot change. */
  #settled: readonly Block[] = [];
  #settledLength = 0;

  /** Reads the text, which begins with the one before; another one is read from its beginning. */
  read(text: string): readonly Block[] {
    if (!text.startsWith(this.#text)) [this.#settled, this.#settledLength] = [[], 0];
    this.#text = text;
    const blocks = blocksOf(text.slice(this.#settledLength));
    const last = blocks.findLastIndex(({ type }) => type !== "space");
    const settled = blocks.slice(0, Math.max(0, last));
    this.#settledLength += settled.reduce((sum, { raw }) => sum + raw.length, 0);
    this.#settled = [...this.#settled, ...settled];
    return [...this.#settled, ...blocks.slice(settled.length)];
  }
}

const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  copy: "©",
  reg: "®",
  trade: "™",
  hellip: "…",
  mdash: "—",
  ndash: "–",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
  larr: "←",
  rarr: "→",
  uarr: "↑",
  darr: "↓",
  times: "×",
  middot: "·",
  bull: "•",
  deg: "°",
  euro: "€",
};

/** Decodes the entities that people write; others stay as they are. */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(NAMED, name) ? NAMED[name]! : whole;
    const code = decimal === undefined ? parseInt(hex, 16) : parseInt(decimal, 10);
    const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : "\ufffd";
  });
}

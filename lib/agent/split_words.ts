import { AgentArgumentError } from "./argument_error.ts";

/** The characters that a backslash quotes between double quotes; before others it stands for itself. */
const ESCAPED_IN_DOUBLE_QUOTES = '$`"\\';

/**
 * Splits a text into words like a POSIX shell, with quotes and backslashes, and without expanding anything: `$`, `*`,
 * `;` and all other characters stand for themselves.
 *
 * @throws {AgentArgumentError} If a quote is not closed, or a backslash has nothing after it.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length;) {
    if (/[ \t\n]/.test(text[at]!)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
      continue;
    }
    const piece = readPiece(text, at);
    // A backslash before a newline joins two lines, and is no word by itself.
    if (piece.value !== undefined) word = (word ?? "") + piece.value;
    at = piece.end;
  }
  if (word !== undefined) words.push(word);
  return words;
}

interface Piece {
  readonly value: string | undefined;
  readonly end: number;
}

function readPiece(text: string, at: number): Piece {
  switch (text[at]) {
    case "'":
      return readSingleQuotes(text, at);
    case '"':
      return readDoubleQuotes(text, at);
    case "\\":
      if (at + 1 === text.length) throw new AgentArgumentError("Nothing follows the backslash at the end");
      return { value: text[at + 1] === "\n" ? undefined : text[at + 1], end: at + 2 };
    default:
      return { value: text[at], end: at + 1 };
  }
}

function readSingleQuotes(text: string, at: number): Piece {
  const end = text.indexOf("'", at + 1);
  if (end < 0) throw new AgentArgumentError(`The quote ' at character ${at + 1} is not closed`);
  return { value: text.slice(at + 1, end), end: end + 1 };
}

function readDoubleQuotes(text: string, start: number): Piece {
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return { value, end: at + 1 };
    const next = text[at + 1];
    if (text[at] !== "\\" || next === undefined || !`${ESCAPED_IN_DOUBLE_QUOTES}\n`.includes(next)) value += text[at];
    else {
      if (next !== "\n") value += next;
      at++;
    }
  }
  throw new AgentArgumentError(`The quote " at character ${start + 1} is not closed`);
}

/**
 * Cuts a stream of bytes into texts of whole lines.
 *
 * @module
 */

/** The longest line, in bytes; the rest of a longer one is left out. */
export const MAX_LINE_BYTES = 64 << 10;
/** Stands where the rest of a line was left out. */
const CUT = " …";

const SPACE = /\s/;
const NEWLINE = 0x0a;

/** Collects bytes until their line is whole. */
export class LineBlocks {
  #rest = new Uint8Array(0);
  /** Whether the rest of the line is left out. */
  #isCut = false;

  /** Takes bytes; returns all lines that are whole by now, each with its end. */
  push(bytes: Uint8Array): string {
    const last = bytes.lastIndexOf(NEWLINE);
    if (last < 0) return this.#keep(bytes);
    const whole = this.#begun(bytes.subarray(0, last + 1));
    this.#isCut = false;
    this.#rest = bytes.slice(last + 1);
    const text = whole.length > MAX_LINE_BYTES ? withoutLongLines(decode(whole)) : decode(whole);
    return this.#rest.length > MAX_LINE_BYTES ? text + this.#cut() : text;
  }

  /** Returns the line that has not ended, as if it had. */
  end(): string {
    const text = decode(this.#rest);
    this.#rest = new Uint8Array(0);
    const isEmpty = text === "" || this.#isCut;
    this.#isCut = false;
    return isEmpty ? "" : `${text}\n`;
  }

  #keep(bytes: Uint8Array): string {
    if (this.#isCut) return "";
    this.#rest = joined(this.#rest, bytes);
    return this.#rest.length > MAX_LINE_BYTES ? this.#cut() : "";
  }

  /** The beginning of a line that is too long; what follows of it is dropped. */
  #cut(): string {
    const text = cut(decode(this.#rest));
    this.#rest = new Uint8Array(0);
    this.#isCut = true;
    return `${text}\n`;
  }

  /** The bytes with the beginning of their first line, or without the rest of it if it was cut. */
  #begun(bytes: Uint8Array): Uint8Array {
    if (this.#isCut) return bytes.subarray(bytes.indexOf(NEWLINE) + 1);
    return this.#rest.length === 0 ? bytes : joined(this.#rest, bytes);
  }
}

function withoutLongLines(text: string): string {
  return text.split("\n").map((line) => line.length > MAX_LINE_BYTES ? cut(line) : line).join("\n");
}

/** A piece of a word at the end of a line that is cut may be a piece of a secret: it is left out, too. */
function cut(line: string): string {
  let end = Math.min(line.length, MAX_LINE_BYTES);
  // A pattern for the last word would try each character of a long line as its beginning.
  while (end > 0 && !SPACE.test(line[end - 1]!)) end--;
  return line.slice(0, end) + CUT;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

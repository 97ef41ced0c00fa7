/**
 * Decoding of request lines (contract: Order of checks). Nearly every line is plain: printable ASCII without escapes,
 * only the five known keys, flat params. A plain line is scanned in one pass; any other goes through the exact parser.
 * Both return the same envelope.
 *
 * The scan stands in for the exact parser in `json_document.ts`, which is slower. It may go once that is as fast.
 *
 * @module
 */

import {
  FALSE_NODE,
  type JsonMember,
  type JsonNode,
  NULL_NODE,
  NUMBER,
  parseDocument,
  TRUE_NODE,
} from "./json_document.ts";
import { encodeId, encodeJson } from "./json_encode.ts";
import { structDecoder } from "./struct.ts";

/** A decoded request. */
export interface Envelope {
  /** `""` when absent or null. */
  jsonrpc: string;
  /** The id, encoded as JSON for the reply; `null` when absent. */
  id: string;
  /** `""` when absent or null. */
  method: string;
  /** `undefined` when the key is absent; a null counts as present. */
  params: JsonNode | undefined;
  /** `""` when absent or null. */
  auth: string;
}

const decodeEnvelopeNode = structDecoder(
  { jsonrpc: "string", id: "any", method: "string", params: "any", auth: "string" } as const,
);

/**
 * Decodes one request line.
 *
 * @param line The line without its newline.
 * @param isPlain Whether {@linkcode isPlainText} holds for the line.
 * @throws {SyntaxError | TypeError | RangeError} If the line is not JSON, a field of the envelope has a wrong type, or the
 * id does not fit a float64. Each of these is a parse error of the contract.
 */
export function decodeEnvelope(line: string, isPlain: boolean): Envelope {
  return (isPlain ? scanPlainEnvelope(line) : undefined) ?? decodeExactEnvelope(line);
}

/** Decodes any request line with the exact parser; see {@linkcode decodeEnvelope}. */
export function decodeExactEnvelope(line: string): Envelope {
  const { jsonrpc, id, method, params, auth } = decodeEnvelopeNode(parseDocument(line));
  return { jsonrpc, id: id === undefined ? "null" : encodeId(id), method, params, auth };
}

// deno-lint-ignore no-control-regex -- the pattern matches control characters
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
// deno-lint-ignore no-control-regex -- the range of ASCII starts with control characters
const NOT_ASCII = /[^\x00-\x7f]/;

/**
 * Whether a text is ASCII without backslashes and without control characters other than newlines.
 *
 * @param text One or more lines.
 * @param isAscii Whether the text is known to be ASCII.
 */
export function isPlainText(text: string, isAscii = false): boolean {
  return !text.includes("\\") && !CONTROL.test(text) && (isAscii || !NOT_ASCII.test(text));
}

/** The most digits of an integer that is certain to be printed as it was written. */
const MAX_SIMPLE_DIGITS = 15;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Scans a plain line; returns `undefined` if the exact parser must decode it, be it unusual or invalid. */
function scanPlainEnvelope(line: string): Envelope | undefined {
  const scan = new Scan(line);
  const envelope: Envelope = { jsonrpc: "", id: "null", method: "", params: undefined, auth: "" };
  if (!scan.accept(OPEN_BRACE)) return undefined;
  do {
    if (!scanField(scan, scan.key(), envelope)) return undefined;
  } while (scan.accept(COMMA));
  return scan.accept(CLOSE_BRACE) && scan.isAtEnd() ? envelope : undefined;
}

/** Scans the value of a field; returns `false` if it is not plain or the field is unknown. */
function scanField(scan: Scan, key: string | undefined, envelope: Envelope): boolean {
  switch (key) {
    case "jsonrpc":
    case "method":
    case "auth": {
      const text = scan.string();
      if (text === undefined) return false;
      envelope[key] = text;
      return true;
    }
    case "id": {
      const id = scan.id();
      if (id === undefined) return false;
      envelope.id = id;
      return true;
    }
    case "params":
      envelope.params = scan.flatObject();
      return envelope.params !== undefined;
    default:
      return false;
  }
}

/** A position in a plain line. Each method skips spaces first and returns `undefined` for input that is not plain. */
class Scan {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #peek(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code === SPACE) code = this.#text.charCodeAt(++this.#at);
    return code;
  }

  isAtEnd(): boolean {
    this.#peek();
    return this.#at === this.#text.length;
  }

  accept(code: number): boolean {
    if (this.#peek() !== code) return false;
    this.#at++;
    return true;
  }

  key(): string | undefined {
    const key = this.string();
    return this.accept(COLON) ? key : undefined;
  }

  string(): string | undefined {
    if (!this.accept(QUOTE)) return undefined;
    const end = this.#text.indexOf('"', this.#at);
    if (end < 0) return undefined;
    const value = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return value;
  }

  /** Reads an id and encodes it for the reply: a string, or digits that print as they were written. */
  id(): string | undefined {
    if (this.#peek() === QUOTE) {
      const text = this.string();
      return text === undefined ? undefined : encodeJson(text);
    }
    const start = this.#at;
    let code = this.#text.charCodeAt(start);
    while (code >= DIGIT_0 && code <= DIGIT_9) code = this.#text.charCodeAt(++this.#at);
    const digits = this.#at - start;
    if (digits === 0 || digits > MAX_SIMPLE_DIGITS) return undefined;
    if (digits > 1 && this.#text.charCodeAt(start) === DIGIT_0) return undefined;
    return this.#text.slice(start, this.#at);
  }

  scalar(): JsonNode | undefined {
    const code = this.#peek();
    if (code === QUOTE) {
      const value = this.string();
      return value === undefined ? undefined : { kind: "string", value };
    }
    if (code === 0x74) return this.#word("true", TRUE_NODE);
    if (code === 0x66) return this.#word("false", FALSE_NODE);
    if (code === 0x6e) return this.#word("null", NULL_NODE);
    return this.#number();
  }

  #word(word: string, node: JsonNode): JsonNode | undefined {
    if (!this.#text.startsWith(word, this.#at)) return undefined;
    this.#at += word.length;
    return node;
  }

  #number(): JsonNode | undefined {
    NUMBER.lastIndex = this.#at;
    const literal = NUMBER.exec(this.#text)?.[0];
    if (literal === undefined) return undefined;
    this.#at += literal.length;
    return { kind: "number", literal };
  }

  flatObject(): JsonNode | undefined {
    if (!this.accept(OPEN_BRACE)) return undefined;
    const members: JsonMember[] = [];
    if (this.accept(CLOSE_BRACE)) return { kind: "object", members };
    do {
      const key = this.key();
      const value = this.scalar();
      if (key === undefined || value === undefined) return undefined;
      members.push([key, value]);
    } while (this.accept(COMMA));
    return this.accept(CLOSE_BRACE) ? { kind: "object", members } : undefined;
  }
}

/**
 * Decoding of request lines (wire 1.0, step 1). Nearly every line is plain: printable ASCII
 * without escapes, the five known keys, flat params. Those are scanned in one pass; all others go
 * through the exact parser. Both give the same envelope.
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
  /** The id as it goes into the reply: encoded JSON, `null` when absent. */
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
 * @param isPlain Whether the line is known to be {@linkcode isPlainText}.
 * @throws {SyntaxError | TypeError | RangeError} If it is no JSON, or an envelope of wrong types, or its id does not
 * fit a float64: a parse error of the contract in each case.
 */
export function decodeEnvelope(line: string, isPlain: boolean): Envelope {
  return (isPlain ? scanPlainEnvelope(line) : undefined) ?? decodeExactEnvelope(line);
}

/** Decodes any request line the exact way; see {@linkcode decodeEnvelope}. */
export function decodeExactEnvelope(line: string): Envelope {
  const { jsonrpc, id, method, params, auth } = decodeEnvelopeNode(parseDocument(line));
  return { jsonrpc, id: id === undefined ? "null" : encodeId(id), method, params, auth };
}

const NOT_PLAIN = /[^\n\x20-\x5b\x5d-\x7e]/;

/** Whether the text is printable ASCII without backslashes, newlines apart. */
export function isPlainText(text: string): boolean {
  return !NOT_PLAIN.test(text);
}

/** Up to 15 digits print as they were written. */
const SIMPLE_INTEGER = /^(?:0|[1-9][0-9]{0,14})$/;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Scans a plain line; `undefined` hands it to the exact parser, be it odd or wrong. */
function scanPlainEnvelope(line: string): Envelope | undefined {
  const scan = new Scan(line);
  const envelope: Envelope = { jsonrpc: "", id: "null", method: "", params: undefined, auth: "" };
  if (!scan.accept(OPEN_BRACE)) return undefined;
  do {
    const key = scan.key();
    const value = key === "params" ? scan.flatObject() : scan.scalar();
    if (value === undefined || key === undefined || !setField(envelope, key, value)) return undefined;
  } while (scan.accept(COMMA));
  return scan.accept(CLOSE_BRACE) && scan.isAtEnd() ? envelope : undefined;
}

function setField(envelope: Envelope, key: string, value: JsonNode): boolean {
  switch (key) {
    case "params":
      envelope.params = value;
      return true;
    case "id":
      return setId(envelope, value);
    case "jsonrpc":
    case "method":
    case "auth":
      if (value.kind !== "string") return false;
      envelope[key] = value.value;
      return true;
    default:
      return false;
  }
}

function setId(envelope: Envelope, value: JsonNode): boolean {
  if (value.kind === "string") {
    envelope.id = encodeJson(value.value);
    return true;
  }
  if (value.kind !== "number" || !SIMPLE_INTEGER.test(value.literal)) return false;
  envelope.id = value.literal;
  return true;
}

/** A position in a plain line. Every reader skips spaces first and answers `undefined` for what it does not know. */
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
    const key = this.#string();
    return this.accept(COLON) ? key : undefined;
  }

  #string(): string | undefined {
    if (!this.accept(QUOTE)) return undefined;
    const end = this.#text.indexOf('"', this.#at);
    if (end < 0) return undefined;
    const value = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return value;
  }

  scalar(): JsonNode | undefined {
    const code = this.#peek();
    if (code === QUOTE) {
      const value = this.#string();
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

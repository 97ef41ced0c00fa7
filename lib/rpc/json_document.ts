/**
 * A JSON parser that keeps details that the contract depends on and `JSON.parse` discards: the literal text of numbers,
 * and all members of an object in document order, with duplicates. It limits the nesting depth instead of overflowing
 * the stack (contract: Framing and JSON). Plain lines do not need it; see `envelope.ts`.
 *
 * This stands in for `JSON.parse`. It may go once a reviver that gets the source text of numbers also sees duplicate
 * members, or if the contract no longer depends on them.
 *
 * @module
 */

/** One member of an object, in document order. */
export type JsonMember = readonly [key: string, value: JsonNode];

/** A JSON value with the details of its source text. */
export type JsonNode =
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "number"; readonly literal: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "array"; readonly items: readonly JsonNode[] }
  | { readonly kind: "object"; readonly members: readonly JsonMember[] };

/** The limit on the nesting depth of arrays and objects; the outermost counts as one. */
export const MAX_DEPTH = 10_000;

/** The node of `null`. */
export const NULL_NODE: JsonNode = { kind: "null" };
/** The node of `true`. */
export const TRUE_NODE: JsonNode = { kind: "boolean", value: true };
/** The node of `false`. */
export const FALSE_NODE: JsonNode = { kind: "boolean", value: false };

/** A container that is not closed yet; for an object also the key of its next member. */
type Open =
  | { readonly node: { readonly kind: "array"; readonly items: JsonNode[] } }
  | { readonly node: { readonly kind: "object"; readonly members: JsonMember[] }; key: string };

const SPACE = /[ \t\r\n]*/y;
/** Matches one JSON number at `lastIndex`. */
export const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// deno-lint-ignore no-control-regex -- a string must not contain control characters
const STRING_RUN = /[^"\\\x00-\x1f]*/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/**
 * Parses one JSON text. Lone surrogate escapes become U+FFFD.
 *
 * @param text The whole document, optionally surrounded by white space.
 * @throws {SyntaxError} If the text is not JSON, or nests deeper than {@linkcode MAX_DEPTH}.
 */
export function parseDocument(text: string): JsonNode {
  const reader = new Reader(text);
  const stack: Open[] = [];
  for (;;) {
    let value = readValueOrOpen(reader, stack);
    if (value === undefined) continue;
    for (;;) {
      const parent = stack.at(-1);
      if (parent === undefined) return reader.finish(value);
      addTo(parent, value);
      if (continuesWithNext(reader, parent)) break;
      stack.pop();
      value = parent.node;
    }
  }
}

/** Reads a scalar or an empty container and returns it. A container with content is pushed to the stack instead. */
function readValueOrOpen(reader: Reader, stack: Open[]): JsonNode | undefined {
  const opener = reader.peek();
  if (opener !== "[" && opener !== "{") return reader.scalar();
  if (stack.length >= MAX_DEPTH) throw reader.error("nested too deeply");
  reader.take(opener);
  if (opener === "[") {
    if (reader.accept("]")) return { kind: "array", items: [] };
    stack.push({ node: { kind: "array", items: [] } });
    return undefined;
  }
  if (reader.accept("}")) return { kind: "object", members: [] };
  stack.push({ node: { kind: "object", members: [] }, key: reader.key() });
  return undefined;
}

function addTo(parent: Open, value: JsonNode): void {
  if ("key" in parent) parent.node.members.push([parent.key, value]);
  else parent.node.items.push(value);
}

/** Reads what follows a value. Returns `true` after a comma (and the next key of an object), `false` after the closing
 * bracket. */
function continuesWithNext(reader: Reader, parent: Open): boolean {
  if (reader.accept(",")) {
    if ("key" in parent) parent.key = reader.key();
    return true;
  }
  reader.take("key" in parent ? "}" : "]");
  return false;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  error(what: string): SyntaxError {
    return new SyntaxError(`Cannot parse JSON: ${what} at ${this.#at}`);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  peek(): string {
    this.#match(SPACE);
    return this.#text.charAt(this.#at);
  }

  accept(char: string): boolean {
    if (this.peek() !== char) return false;
    this.#at++;
    return true;
  }

  take(char: string): void {
    if (!this.accept(char)) throw this.error(`expected ${char}`);
  }

  key(): string {
    this.take('"');
    const key = this.#string();
    this.take(":");
    return key;
  }

  scalar(): JsonNode {
    const char = this.peek();
    if (char === '"') {
      this.#at++;
      return { kind: "string", value: this.#string() };
    }
    if (char === "t") return this.#word("true", TRUE_NODE);
    if (char === "f") return this.#word("false", FALSE_NODE);
    if (char === "n") return this.#word("null", NULL_NODE);
    const literal = this.#match(NUMBER);
    if (literal === "") throw this.error("expected a value");
    return { kind: "number", literal };
  }

  finish(value: JsonNode): JsonNode {
    if (this.peek() !== "") throw this.error("trailing data");
    return value;
  }

  #word(word: string, node: JsonNode): JsonNode {
    if (!this.#text.startsWith(word, this.#at)) throw this.error("expected a value");
    this.#at += word.length;
    return node;
  }

  /** Reads up to the closing quote; the opening one is already consumed. */
  #string(): string {
    let value = this.#match(STRING_RUN);
    for (;;) {
      const char = this.#text.charAt(this.#at);
      if (char === '"') {
        this.#at++;
        return value.toWellFormed();
      }
      if (char !== "\\") throw this.error("unfinished string");
      this.#at++;
      value += this.#escape() + this.#match(STRING_RUN);
    }
  }

  #escape(): string {
    const char = this.#text.charAt(this.#at++);
    if (char !== "u") {
      const plain = ESCAPES.get(char);
      if (plain === undefined) throw this.error("unknown escape");
      return plain;
    }
    const hex = this.#match(HEX4);
    if (hex === "") throw this.error("unfinished escape");
    return String.fromCharCode(parseInt(hex, 16));
  }
}

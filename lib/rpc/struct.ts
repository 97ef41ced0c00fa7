/**
 * Typed decoding of JSON objects by the contract's rules: keys match in any case, the last duplicate wins, `null` leaves
 * a plain field unchanged and clears a list, a map or an optional field, the literal text decides whether a number is
 * an integer, and unknown keys are ignored (contract: Order of checks).
 *
 * This stands in for a schema library. It may go if the contract drops these rules, which are those of Go's
 * `encoding/json`.
 *
 * @module
 */

import type { JsonNode } from "./json_document.ts";

/** The type that each kind of field decodes to, with its value when absent. */
export interface FieldTypes {
  /** `""` when absent. */
  "string": string;
  /** `false` when absent. */
  "boolean": boolean;
  /** `undefined` when absent. */
  "boolean?": boolean | undefined;
  /** 0 to 2^64-1, rounded to a double past 2^53; 0 when absent. */
  "uint64": number;
  /** As `uint64`; `undefined` when absent. */
  "uint64?": number | undefined;
  /** -2^63 to 2^63-1, rounded to a double past 2^53; 0 when absent. */
  "int64": number;
  /** As `int64`; `undefined` when absent. */
  "int64?": number | undefined;
  /** `[]` when absent. */
  "string[]": string[];
  /** `{}` when absent; without a prototype, so that no key is special. */
  "string{}": Record<string, string>;
  /** Any parsed value; `undefined` when absent. */
  "any": JsonNode | undefined;
}

/** A kind of field. */
export type FieldKind = keyof FieldTypes;

/** The fields of an object by name. */
export type Schema = Readonly<Record<string, FieldKind>>;

/** The type of the object that a schema decodes to. */
export type Decoded<S extends Schema> = { -readonly [K in keyof S]: FieldTypes[S[K]] };

/** Decodes a JSON value to an object; throws `TypeError` if the value or a field has a wrong type. */
export type Decoder<T> = (node: JsonNode) => T;

/**
 * Creates the decoder of a schema.
 *
 * @param schema The fields and their kinds.
 */
export function structDecoder<S extends Schema>(schema: S): Decoder<Decoded<S>> {
  const names = new Map<string, string>();
  for (const name of Object.keys(schema)) names.set(foldKey(name), name);
  return (node) => {
    const result = zeroStruct(schema);
    if (node.kind === "null") return result as Decoded<S>;
    if (node.kind !== "object") throw mismatch("object", node);
    for (const [key, value] of node.members) {
      const name = Object.hasOwn(schema, key) ? key : names.get(foldKey(key));
      if (name !== undefined) result[name] = decodeField(schema[name]!, value, result[name]);
    }
    return result as Decoded<S>;
  };
}

function zeroStruct(schema: Schema): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(schema)) result[name] = zeroValue(schema[name]!);
  return result;
}

function zeroValue(kind: FieldKind): unknown {
  switch (kind) {
    case "string":
      return "";
    case "boolean":
      return false;
    case "uint64":
    case "int64":
      return 0;
    case "string[]":
      return [];
    case "string{}":
      return Object.create(null);
    default:
      return undefined;
  }
}

/** Folds a key for case-insensitive comparison, including the two non-ASCII letters that fold to ASCII. */
function foldKey(key: string): string {
  return key.toLowerCase().replaceAll("\u017f", "s").replaceAll("\u212a", "k");
}

function decodeField(kind: FieldKind, node: JsonNode, current: unknown): unknown {
  if (kind === "any") return node;
  if (node.kind === "null") {
    return kind === "string" || kind === "boolean" || kind === "uint64" || kind === "int64" ? current : zeroValue(kind);
  }
  switch (kind) {
    case "string":
      if (node.kind !== "string") throw mismatch(kind, node);
      return node.value;
    case "boolean":
    case "boolean?":
      if (node.kind !== "boolean") throw mismatch(kind, node);
      return node.value;
    case "uint64":
    case "uint64?":
      return decodeInteger(node, 0n, (1n << 64n) - 1n);
    case "int64":
    case "int64?":
      return decodeInteger(node, -(1n << 63n), (1n << 63n) - 1n);
    case "string[]":
      return decodeList(node);
    case "string{}":
      return decodeMap(node, current as Record<string, string>);
  }
}

const INTEGER = /^(?:0|-?[1-9][0-9]*)$/;

function decodeInteger(node: JsonNode, min: bigint, max: bigint): number {
  if (node.kind !== "number") throw mismatch("integer", node);
  const literal = node.literal === "-0" && min < 0n ? "0" : node.literal;
  if (!INTEGER.test(literal)) throw mismatch("integer", node);
  if (literal.length < 16 && literal[0] !== "-") return Number(literal);
  const exact = BigInt(literal);
  if (exact < min || exact > max) throw mismatch("integer", node);
  return Number(exact);
}

function decodeList(node: JsonNode): string[] {
  if (node.kind !== "array") throw mismatch("array", node);
  return node.items.map((item) => decodeString(item));
}

function decodeMap(node: JsonNode, current: Record<string, string>): Record<string, string> {
  if (node.kind !== "object") throw mismatch("object", node);
  for (const [key, value] of node.members) current[key] = decodeString(value);
  return current;
}

function decodeString(node: JsonNode): string {
  if (node.kind === "null") return "";
  if (node.kind !== "string") throw mismatch("string", node);
  return node.value;
}

function mismatch(expected: string, node: JsonNode): TypeError {
  return new TypeError(`Cannot decode ${node.kind}: expected ${expected}`);
}

/**
 * Decoding the params of `plugins.prune`, whose errors say which value has a wrong type (contract: Plugins of next).
 *
 * @module
 */

import { invalidParams } from "../../rpc/errors.ts";
import type { JsonNode } from "../../rpc/json_document.ts";

/** The type that the params decode to, as the texts name it. */
const ROOT = "Go value of type handlers.PruneParams";
const INTEGER = /^-?\d+$/;
const MAX_INTEGER = 2n ** 63n;

/**
 * Returns how old a plugin must be, in days; 0 if the params do not say.
 *
 * @param params The params; `undefined` if the request has none.
 * @throws {RpcError} If a value has a wrong type.
 */
export function pruneParams(params: JsonNode | undefined): number {
  if (params === undefined || params.kind === "null") return 0;
  if (params.kind !== "object") throw mismatch(params, ROOT);
  let minAgeDays = 0;
  for (const [key, value] of params.members) {
    // `keep` has no effect, so its type does not matter.
    if (key.toLowerCase() === "minagedays") minAgeDays = integer(value) ?? minAgeDays;
  }
  return minAgeDays;
}

function integer(node: JsonNode): number | undefined {
  if (node.kind === "null") return undefined;
  const isInteger = node.kind === "number" && INTEGER.test(node.literal) && isInRange(BigInt(node.literal));
  if (!isInteger) throw mismatch(node, "Go struct field PruneParams.minAgeDays of type int");
  return Number(node.literal);
}

function isInRange(value: bigint): boolean {
  return value < MAX_INTEGER && value >= -MAX_INTEGER;
}

function mismatch(node: JsonNode, into: string): Error {
  return invalidParams(`Invalid params: json: cannot unmarshal ${kindName(node, into)} into ${into}`);
}

function kindName(node: JsonNode, into: string): string {
  if (node.kind === "boolean") return "bool";
  // The text of a number is part of the message where another number is expected.
  return node.kind === "number" && into !== ROOT ? `number ${node.literal}` : node.kind;
}

/**
 * What git says, in the form in which `contract = next` passes it on (contract: Git methods of next).
 *
 * @module
 */

import { decodeUtf8 } from "../../system/utf8.ts";
import type { GitResult } from "../run_git.ts";

/** How much of what git says is passed on, in bytes. */
const MAX_TEXT_BYTES = 512;
/** Matches a character that is not printable, in Go's sense. */
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** Returns the start of what git printed on stderr, as one line; how git ended if it printed nothing. */
export function gitText({ stderr, failure }: Pick<GitResult, "stderr" | "failure">): string {
  return printableText(stderr.subarray(0, MAX_TEXT_BYTES)) || failure;
}

/** Returns bytes as one line of text: invalid bytes are dropped, each unprintable character becomes a space. */
export function printableText(bytes: Uint8Array): string {
  return decodeUtf8(bytes, "").replace(UNPRINTABLE, " ").trim();
}

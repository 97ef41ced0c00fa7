/**
 * Errors in command lines, and the sentences that several commands say about them.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";

/** The command line is invalid. The exit code is 2. */
export class UsageError extends ClaustrumError {}

/**
 * Creates the error for a word that is none of the possible ones.
 *
 * @param what What takes the word: a flag or a command.
 * @param choices The possible words, at least one.
 * @param given The word that was given.
 */
export function notOneOf(what: string, choices: readonly string[], given: string | undefined): UsageError {
  const last = choices.at(-1) ?? "";
  const list = choices.length < 2 ? last : `${choices.slice(0, -1).join(", ")} or ${last}`;
  return new UsageError(`${what} takes ${list}, not "${given ?? ""}"`);
}

/** Creates the error for flags or arguments that exclude each other. */
export function notTogether(...names: readonly string[]): UsageError {
  return new UsageError(`choose one of ${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
}

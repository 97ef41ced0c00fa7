/**
 * Starting agents in directories that the user may not trust yet.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { toOneLine } from "./terminal_text.ts";
import { askYesNo, canAsk } from "./yes_no.ts";

/** The hub's refusal, with the directory. */
const NOT_TRUSTED = /^(.+) is not trusted yet\b/s;

/** Options of {@linkcode startTrusted}. */
export interface StartTrustedOptions<T> {
  /** Starts the agent; `trust` is whether to record that the user trusts the directory, if they were asked. */
  readonly start: (trust?: true) => Promise<T>;
  /** Whether stdin is not read by the command itself. */
  readonly isStdinFree: boolean;
  /** The command that trusts the directory. */
  readonly how: string;
  /** What to say when the user does not trust it. */
  readonly refusal: string;
}

/**
 * Starts an agent; asks on a terminal if its directory is to be trusted.
 *
 * @throws {ClaustrumError} If it is not trusted, or the agent cannot be started.
 */
export async function startTrusted<T>({ start, isStdinFree, how, refusal }: StartTrustedOptions<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const [, directory] = error instanceof ClaustrumError ? NOT_TRUSTED.exec(error.message) ?? [] : [];
    if (directory === undefined) throw error;
    const path = toOneLine(directory);
    if (!isStdinFree || !canAsk()) {
      throw new ClaustrumError(`${path} is not trusted yet: its hooks run in a session. Trust it with ${how}`, {
        cause: error,
      });
    }
    if (!await askYesNo(`${path} is not trusted yet; trust it?`)) throw new ClaustrumError(refusal);
    return await start(true);
  }
}

/**
 * The texts of a failed start (contract: Error texts). Clients match on them.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { goQuote } from "../system/quote.ts";

/** A process could not be started; the message is the contract's text. */
export class SpawnError extends ClaustrumError {
  /** Whether starting it was tried at all: false for a bad working directory, which is not logged. */
  readonly wasTried: boolean;

  /**
   * Made where a start fails.
   *
   * @param message The contract's text.
   */
  constructor(message: string, options?: ErrorOptions & { wasTried?: boolean }) {
    super(message, options);
    this.wasTried = options?.wasTried ?? true;
  }
}

/** The command is nowhere on the PATH. */
export function notFoundError(command: string): SpawnError {
  return new SpawnError(`exec: ${goQuote(command)}: executable file not found in $PATH`);
}

/** The command was found through a relative PATH element. */
export function relativeHitError(command: string): SpawnError {
  return new SpawnError(`exec: ${goQuote(command)}: cannot run executable found relative to current directory`);
}

/** An environment variable cannot be passed on. */
export function nulInEnvironmentError(): SpawnError {
  return new SpawnError("exec: environment variable contains NUL");
}

/**
 * Executing failed.
 *
 * @param path The file that was to be executed.
 * @param cause What the system said, or the name of the errno.
 */
export function execError(path: string, cause: unknown): SpawnError {
  const text = errnoText(typeof cause === "string" ? Object.assign(new Error(cause), { code: cause }) : cause);
  return new SpawnError(`fork/exec ${path}: ${text}`, { cause });
}

/** The program's own working directory, which a process inherits, cannot be used. */
export function goneDirectoryError(cause: unknown): SpawnError {
  const text = `getwd: ${errnoText(cause)}: the directory that this program was started in is gone, so name a cwd`;
  return new SpawnError(text, { cause, wasTried: false });
}

/** The working directory cannot be used. */
export function workingDirectoryError(cwd: string, cause: unknown): SpawnError {
  const text = errnoCode(cause) === undefined ? "not a directory" : `stat ${cwd}: ${errnoText(cause)}`;
  return new SpawnError(`chdir ${cwd}: ${text}`, { cause, wasTried: false });
}

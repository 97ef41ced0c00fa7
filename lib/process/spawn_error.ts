/**
 * The error texts of a failed start, which clients match on (contract: Error texts).
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { goQuote } from "../system/quote.ts";

/** A process could not be started; the message is the contract's text. */
export class SpawnError extends ClaustrumError {
  /** Whether the start was attempted; `false` for a bad working directory, which is not logged. */
  readonly wasTried: boolean;

  /**
   * Creates the error of a failed start.
   *
   * @param message The contract's text.
   */
  constructor(message: string, options?: ErrorOptions & { wasTried?: boolean }) {
    super(message, options);
    this.wasTried = options?.wasTried ?? true;
  }
}

/** The launcher of a process could not be started. */
export class LauncherError extends SpawnError {}

/** Returns the error of a command that is not on the PATH. */
export function notFoundError(command: string): SpawnError {
  return new SpawnError(`exec: ${goQuote(command)}: executable file not found in $PATH`);
}

/** Returns the error of a command that was found through a relative element of the PATH. */
export function relativeHitError(command: string): SpawnError {
  return new SpawnError(`exec: ${goQuote(command)}: cannot run executable found relative to current directory`);
}

/** Returns the error of an environment variable that contains NUL. */
export function nulInEnvironmentError(): SpawnError {
  return new SpawnError("exec: environment variable contains NUL");
}

/**
 * Returns the error of a file that could not be executed.
 *
 * @param path The file.
 * @param cause The system's error, or the name of an errno.
 */
export function execError(path: string, cause: unknown): SpawnError {
  const text = errnoText(typeof cause === "string" ? Object.assign(new Error(cause), { code: cause }) : cause);
  return new SpawnError(`fork/exec ${path}: ${text}`, { cause });
}

/** Returns the error of a process that would inherit a working directory that no longer exists. */
export function goneDirectoryError(cause: unknown): SpawnError {
  const text = `getwd: ${errnoText(cause)}: the directory that this program was started in is gone, so name a cwd`;
  return new SpawnError(text, { cause, wasTried: false });
}

/** Returns the error of a working directory that cannot be used. */
export function workingDirectoryError(cwd: string, cause: unknown): SpawnError {
  const text = errnoCode(cause) === undefined ? "not a directory" : `stat ${cwd}: ${errnoText(cause)}`;
  return new SpawnError(`chdir ${cwd}: ${text}`, { cause, wasTried: false });
}

/** What is missing when the system finds no file, although the launcher exists. */
const NO_INTERPRETER = "its interpreter was not found (the program on its #! line, or the loader of an ELF binary; " +
  "a script saved with Windows CRLF line endings fails this way)";

/** Returns the error of a launcher that could not be executed. */
export function launcherError(file: string, { cause, message }: SpawnError): LauncherError {
  const code = typeof cause === "string" ? cause : errnoCode(cause);
  const reason = code === "ENOENT" ? NO_INTERPRETER : message.slice(`fork/exec ${file}: `.length);
  return new LauncherError(`the managed launcher ${file} could not be started: ${reason}`, { cause });
}

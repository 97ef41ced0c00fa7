/**
 * What goes wrong with the database file.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoText } from "../system/errno.ts";

/**
 * Why the store refused: `full`: no room on the disk; `read_only`, `unreadable`: the file or its directory; `corrupt`:
 * the file is damaged; `locked`: another program holds it; `io`: the disk fails; `foreign`: the file is no database of
 * claustrum; `version`: it is of another version; `conflict`: what is to be stored contradicts what is there.
 */
export type StoreErrorReason =
  | "full"
  | "read_only"
  | "unreadable"
  | "corrupt"
  | "locked"
  | "io"
  | "foreign"
  | "version"
  | "conflict";

/** The store cannot do what it was asked; the message names the file and the next step. Nothing was half stored. */
export class StoreError extends ClaustrumError {
  /** Why. */
  readonly reason: StoreErrorReason;

  /**
   * @param reason Why.
   * @param message A sentence for the user.
   * @param options The `cause`, if another error led to this one.
   */
  constructor(reason: StoreErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** A kind of failure of SQLite: its primary result code, how its text begins, and what that means for the user. */
interface Failure {
  readonly code: number;
  readonly text: string;
  readonly reason: StoreErrorReason;
  readonly sentence: string;
}

const FAILURES: readonly Failure[] = [
  { code: 13, text: "database or disk is full", reason: "full", sentence: "the disk is full: free some space" },
  {
    code: 8,
    text: "attempt to write a readonly database",
    reason: "read_only",
    sentence: "the file or its directory is read-only: make both writable",
  },
  {
    code: 14,
    text: "unable to open database file",
    reason: "unreadable",
    sentence: "the file cannot be opened: see that its directory exists and that both are yours",
  },
  {
    code: 11,
    text: "database disk image is malformed",
    reason: "corrupt",
    sentence: "the file is damaged: move it away and restore a backup",
  },
  {
    code: 26,
    text: "file is not a database",
    reason: "foreign",
    sentence: "this is no database: move the file away, or choose another state directory",
  },
  {
    code: 5,
    text: "database is locked",
    reason: "locked",
    sentence: "another program holds the database: end it, then try again",
  },
  {
    code: 6,
    text: "database table is locked",
    reason: "locked",
    sentence: "another program holds the database: end it, then try again",
  },
  {
    code: 10,
    text: "disk I/O error",
    reason: "io",
    sentence: "the disk cannot be read or written: see that it has room and works",
  },
  {
    code: 19,
    text: "",
    reason: "conflict",
    sentence: "what is to be stored contradicts what is there",
  },
];

/**
 * Turns an error of SQLite into a {@linkcode StoreError}. Any other error, such as a missing permission of the runtime
 * or a bug in a statement, is returned as it is.
 *
 * @param path The database file.
 */
export function storeErrorOf(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ERR_SQLITE_ERROR") return error;
  const failure = FAILURES.find((candidate) => isFailure(candidate, error));
  if (failure === undefined) return error;
  const detail = failure.reason === "conflict" ? `: ${error.message}` : "";
  return new StoreError(failure.reason, `${path}: ${failure.sentence}${detail}`, { cause: error });
}

/** Turns an error of the operating system about the database file into a {@linkcode StoreError}. */
export function fileErrorOf(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  const text = errnoText(error);
  if (text === error.message) return error;
  const reason = text === "no space left on device"
    ? "full"
    : text.startsWith("read-only")
    ? "read_only"
    : "unreadable";
  return new StoreError(reason, `${path}: ${text}: see that its directory exists, is yours and has room`, {
    cause: error,
  });
}

/** The runtime names the result code of only some errors; their text is SQLite's in any case. */
function isFailure({ code, text }: Failure, error: Error): boolean {
  if ("errcode" in error && typeof error.errcode === "number") return (error.errcode & 0xff) === code;
  return text === "" ? error.message.includes("constraint failed") : error.message.startsWith(text);
}

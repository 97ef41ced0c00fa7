/**
 * The operating system's error texts, spelled as the contract requires (contract: Error texts).
 *
 * @module
 */

import { isPermissionMissing } from "./permissions.ts";

const TEXTS: ReadonlyMap<string, string> = new Map([
  ["EPERM", "operation not permitted"],
  ["ENOENT", "no such file or directory"],
  ["ESRCH", "no such process"],
  ["EINTR", "interrupted system call"],
  ["EIO", "input/output error"],
  ["ENXIO", "no such device or address"],
  ["E2BIG", "argument list too long"],
  ["ENOEXEC", "exec format error"],
  ["EBADF", "bad file descriptor"],
  ["EAGAIN", "resource temporarily unavailable"],
  ["ENOMEM", "cannot allocate memory"],
  ["EACCES", "permission denied"],
  ["EBUSY", "device or resource busy"],
  ["EEXIST", "file exists"],
  ["EXDEV", "invalid cross-device link"],
  ["ENODEV", "no such device"],
  ["ENOTDIR", "not a directory"],
  ["EISDIR", "is a directory"],
  ["EINVAL", "invalid argument"],
  ["ENFILE", "too many open files in system"],
  ["EMFILE", "too many open files"],
  ["ETXTBSY", "text file busy"],
  ["EFBIG", "file too large"],
  ["ENOSPC", "no space left on device"],
  ["EROFS", "read-only file system"],
  ["EMLINK", "too many links"],
  ["EPIPE", "broken pipe"],
  ["ENAMETOOLONG", "file name too long"],
  ["ENOTEMPTY", "directory not empty"],
  ["ELOOP", "too many levels of symbolic links"],
  ["EADDRINUSE", "address already in use"],
  ["EADDRNOTAVAIL", "cannot assign requested address"],
  ["ECONNRESET", "connection reset by peer"],
  ["ETIMEDOUT", "connection timed out"],
  ["ECONNREFUSED", "connection refused"],
  ["ESTALE", "stale NFS file handle"],
  ["EDQUOT", "disk quota exceeded"],
  ["ELIBBAD", "accessing a corrupted shared library"],
]);

/** The codes of errors that the runtime throws without one. */
const CODES_BY_CLASS: readonly (readonly [new (...args: never[]) => Error, string])[] = [
  [Deno.errors.NotFound, "ENOENT"],
  // A file like /proc, which the runtime denies to any program without full permissions; no permission is missing.
  [Deno.errors.NotCapable, "EACCES"],
  [Deno.errors.PermissionDenied, "EACCES"],
  [Deno.errors.AlreadyExists, "EEXIST"],
  [Deno.errors.BrokenPipe, "EPIPE"],
  [Deno.errors.ConnectionReset, "ECONNRESET"],
  [Deno.errors.ConnectionRefused, "ECONNREFUSED"],
  [Deno.errors.AddrInUse, "EADDRINUSE"],
  [Deno.errors.NotADirectory, "ENOTDIR"],
  [Deno.errors.IsADirectory, "EISDIR"],
  [Deno.errors.FilesystemLoop, "ELOOP"],
  [Deno.errors.TimedOut, "ETIMEDOUT"],
  [Deno.errors.WouldBlock, "EAGAIN"],
];

/** Messages of errors for which the runtime has neither a code nor a class: a file that cannot be run because it is open
 * for writing, with a number that is the same on Linux and macOS; and an empty path in a program without full
 * permissions, which the runtime refuses before the operating system does. */
const CODES_BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [/: Text file busy \(os error 26\)$/, "ETXTBSY"],
  [/^Empty path is not allowed$/, "ENOENT"],
];

/**
 * Returns the code of an operating-system error, like `ENOENT`.
 *
 * @returns `undefined` if the error does not come from the operating system, such as one about a missing
 * permission of the runtime.
 */
export function errnoCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || isPermissionMissing(error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  return CODES_BY_CLASS.find(([type]) => error instanceof type)?.[1] ??
    CODES_BY_MESSAGE.find(([message]) => message.test(error.message))?.[1];
}

/** The runtime's form of a failed operation: `Permission denied (os error 13): mkdir '/x'`. */
const OPERATION = /\(os error \d+\): (\w+) '([^]*)'$/;
const START = /^Failed to spawn '([^]*)': /;
const OPERATION_NAMES: Readonly<Record<string, string>> = { readfile: "read", writefile: "write", readdir: "list" };

/** Describes an operating-system error in one clause: the operation and the path, as far as the error names them, and
 * the reason. */
export function describeSystemError(error: unknown): string {
  const text = errnoText(error);
  const message = error instanceof Error ? error.message : "";
  const start = START.exec(message)?.[1];
  if (start !== undefined) return `run ${start}: ${text}`;
  const [, operation, path] = OPERATION.exec(message) ?? [];
  return operation === undefined ? text : `${OPERATION_NAMES[operation] ?? operation} ${path}: ${text}`;
}

/** Returns the contract's text of an operating-system error, or the message of any other error. */
export function errnoText(error: unknown): string {
  const code = errnoCode(error);
  const text = code === undefined ? undefined : TEXTS.get(code);
  return text ?? (error instanceof Error ? error.message : String(error));
}

/** Whether an error says that there is nothing at a path. */
export function isMissing(error: unknown): boolean {
  const code = errnoCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

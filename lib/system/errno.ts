/**
 * The error texts of the operating system as the contract spells them (contract: Error texts).
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

/** For the errors that the runtime gives without a code. */
const CODES_BY_CLASS: readonly (readonly [new (...args: never[]) => Error, string])[] = [
  [Deno.errors.NotFound, "ENOENT"],
  // What the runtime denies to every program that it narrows, like /proc; not a permission that is missing.
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

/**
 * The name of an operating-system error, like `ENOENT`.
 *
 * @returns `undefined` when the error is none, also when it says that the program lacks a permission.
 */
export function errnoCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || isPermissionMissing(error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  return CODES_BY_CLASS.find(([type]) => error instanceof type)?.[1];
}

/** `Permission denied (os error 13): mkdir '/x'`, as the runtime says what it was doing. */
const OPERATION = /\(os error \d+\): (\w+) '([^]*)'$/;
const START = /^Failed to spawn '([^]*)': /;
const OPERATION_NAMES: Readonly<Record<string, string>> = { readfile: "read", writefile: "write", readdir: "list" };

/** An operating-system error in one clause: what was done to which path, as far as the error says, and what went wrong. */
export function describeSystemError(error: unknown): string {
  const text = errnoText(error);
  const message = error instanceof Error ? error.message : "";
  const start = START.exec(message)?.[1];
  if (start !== undefined) return `run ${start}: ${text}`;
  const [, operation, path] = OPERATION.exec(message) ?? [];
  return operation === undefined ? text : `${OPERATION_NAMES[operation] ?? operation} ${path}: ${text}`;
}

/** The contract's text of an operating-system error; the error's own message when it is none. */
export function errnoText(error: unknown): string {
  const code = errnoCode(error);
  const text = code === undefined ? undefined : TEXTS.get(code);
  return text ?? (error instanceof Error ? error.message : String(error));
}

/**
 * The logs that processes are started with, and their removal (contract: Extensions).
 *
 * @module
 */

import type { OutputLog } from "../process/output_log.ts";
import { invalidParams } from "../rpc/errors.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { expandTilde } from "../system/path_text.ts";
import type { DaemonContext } from "./context.ts";
import { toRpcError } from "./rpc_failure.ts";

/** A log that a process is to have. */
export interface WantedLog {
  /** The absolute path of the log; the daemon chooses one if absent. */
  readonly file: string | undefined;
  /** Whether the process is started without it if it cannot be opened. */
  readonly isOptional: boolean;
}

/**
 * Returns the log that a process is to have; `undefined` for none.
 *
 * @param log Whether the client wants one; as the configuration says if absent.
 * @param file The path that the client has chosen; `""` for none.
 * @throws {RpcError} If the path is not absolute.
 */
export function wantedLog(
  { logs, home }: DaemonContext,
  log: boolean | undefined,
  file: string,
): WantedLog | undefined {
  if (log === false || (log === undefined && file === "" && !logs.isForAll)) return undefined;
  if (file === "") return { file: undefined, isOptional: log !== true };
  const path = expandTilde(file, home);
  const isAbsolute = path.startsWith("/") || Deno.build.os === "windows";
  if (!isAbsolute || path.endsWith("/") || path.includes("\0")) throw invalidParams("Invalid log file");
  return { file: path, isOptional: false };
}

/**
 * Opens the log of a process.
 *
 * @param isFresh Whether no running process has the id.
 * @throws {RpcError} If it cannot be opened, and the process does not want to be started without it.
 */
export async function openLog(
  { logs, predecessors }: DaemonContext,
  id: string,
  { file, isOptional }: WantedLog,
  isFresh: boolean,
): Promise<OutputLog | undefined> {
  try {
    return await logs.open(id, { file, isTakenOver: !isFresh && predecessors?.owns(id) === true });
  } catch (error) {
    if (!isOptional) throw toRpcError(error, ClaustrumError);
    logs.noteFailure(id, error);
    return undefined;
  }
}

/** Starts a process with its log, which is closed if that fails. */
export async function startWithLog<T>(
  log: OutputLog | undefined,
  start: (log: OutputLog | undefined) => T | Promise<T>,
): Promise<T> {
  try {
    return await start(log);
  } catch (error) {
    log?.close();
    throw error;
  }
}

/**
 * Removes the log of a process; returns whether it had one.
 *
 * @throws {RpcError} If that fails.
 */
export async function removeLog({ logs }: DaemonContext, id: string): Promise<boolean> {
  try {
    return await logs.remove(id);
  } catch (error) {
    throw toRpcError(error, ClaustrumError);
  }
}

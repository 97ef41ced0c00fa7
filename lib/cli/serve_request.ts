/**
 * The options of `serve`, and the messages of a daemon that has started.
 *
 * @module
 */

import type { Settings } from "../config/settings.ts";
import { readLockRecord } from "../system/lock_file.ts";
import { daemonPaths } from "../system/paths.ts";
import { print } from "./print.ts";

/** The options of `serve` in both spellings. */
export interface ServeRequest {
  /** The path of the socket. */
  readonly socket: string;
  /** The file that holds the token. */
  readonly tokenFile: string | undefined;
  /** The file descriptor that the token is read from. */
  readonly tokenFd: number | undefined;
  /** Whether the new daemon replaces one that already serves the socket. */
  readonly takesOver: boolean;
  /** The settings that were given as flags. */
  readonly settings: Partial<Settings>;
}

/** Prints the line that announces the socket, as the contract requires; a daemon that names its instance does so here. */
export function printBanner(socket: string): void {
  const { lock } = daemonPaths(socket);
  const { pid, instanceId, contract } = readLockRecord(lock) ?? {};
  const who = contract === undefined ? "" : ` (pid ${pid}, instance ${instanceId})`;
  print(`Claustrum remote server listening on ${socket}${who}`);
}

/** Prints the socket and the token file of a daemon that has started. */
export function printSocketAndToken(socket: string): void {
  printBanner(socket);
  print(`  token   ${daemonPaths(socket).token}`);
}

/**
 * What a serve asks for, and what it says of itself, wherever it serves.
 *
 * @module
 */

import type { Settings } from "../config/settings.ts";
import { daemonPaths } from "../system/paths.ts";
import { print } from "./print.ts";

/** What a serve asks for, in either spelling. */
export interface ServeRequest {
  /** The path of the socket. */
  readonly socket: string;
  /** The file that holds the token. */
  readonly tokenFile: string | undefined;
  /** The descriptor that the token is read from. */
  readonly tokenFd: number | undefined;
  /** Whether a daemon that already serves the socket is asked to go. */
  readonly takesOver: boolean;
  /** The settings that were given. */
  readonly settings: Partial<Settings>;
}

/** Says where the daemon is, as the contract wants it. */
export function printBanner(socket: string): void {
  print(`Claustrum remote server listening on ${socket}`);
}

/** Says so to a person. */
export function printWelcome(socket: string): void {
  printBanner(socket);
  print(`  token   ${daemonPaths(socket).token}`);
}

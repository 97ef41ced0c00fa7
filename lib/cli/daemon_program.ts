/**
 * The program that the launcher starts as the daemon.
 *
 * @module
 */

import type { DaemonProgram } from "../daemon/launch/launcher.ts";

/** Loads less than the command line does, so the daemon occupies less memory. */
const DAEMON_ENTRY = new URL("./daemon_main.ts", import.meta.url).href;

/**
 * Returns the program that serves in the background.
 *
 * @param isMain Whether claustrum is the program that runs, and not a library of another program.
 */
export function daemonProgram(isMain: boolean): DaemonProgram {
  const main = Deno.mainModule;
  // A bundle consists of a single file, and a module that was loaded from a URL may not be in the runtime's cache.
  const hasEntryFile = isMain && main !== import.meta.url && main.startsWith("file:");
  return { module: hasEntryFile ? DAEMON_ENTRY : main, needsConfig: !isMain };
}

/**
 * Chooses the program that the launcher starts as the daemon.
 *
 * @module
 */

import type { DaemonProgram } from "../daemon/launch/launcher.ts";

/** Loads fewer modules than the command line, so that the daemon uses less memory. */
const DAEMON_ENTRY = new URL("./daemon_main.ts", import.meta.url).href;

/**
 * Returns the program that serves in the background.
 *
 * @param isMain Whether claustrum is the main program, and not a library of another program.
 */
export function daemonProgram(isMain: boolean): DaemonProgram {
  const main = Deno.mainModule;
  // A bundle consists of a single file, and a module that was loaded from a URL may not be in the runtime's cache.
  const hasEntryFile = isMain && main !== import.meta.url && main.startsWith("file:");
  return { module: hasEntryFile ? DAEMON_ENTRY : main, needsConfig: !isMain };
}

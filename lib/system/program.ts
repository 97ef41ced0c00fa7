/**
 * Which program this is.
 *
 * @module
 */

/** The module that the launcher runs for a daemon in the background; a part of the program, and not the program. */
export const DAEMON_ENTRY: string = new URL("../cli/daemon_main.ts", import.meta.url).href;

/**
 * The module that a user runs: beside it is the program's own configuration.
 *
 * @param main The module that was started.
 */
export function programModule(main: string = Deno.mainModule): string {
  return main === DAEMON_ENTRY ? new URL("../../cli.ts", import.meta.url).href : main;
}

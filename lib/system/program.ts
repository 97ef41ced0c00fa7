/**
 * Which module is the program.
 *
 * @module
 */

/** The module that the launcher runs for a daemon in the background; it is part of the program, not the program itself. */
export const DAEMON_ENTRY: string = new URL("../cli/daemon_main.ts", import.meta.url).href;

/**
 * Returns the module that the user runs; the program's own configuration is in the same directory.
 *
 * @param main The module that was started.
 */
export function programModule(main: string = Deno.mainModule): string {
  return main === DAEMON_ENTRY ? new URL("../../cli.ts", import.meta.url).href : main;
}

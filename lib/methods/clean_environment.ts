/**
 * The variables that a process gets from the daemon if it asks for no others (contract: Extensions).
 *
 * @module
 */

/** Without these, hardly any program finds its files, or other programs. */
const NEEDED = ["HOME", "LOGNAME", "PATH", "SHELL", "USER"];
/** On Windows, also what the system itself needs to start a program. */
const NEEDED_WINDOWS = ["SYSTEMROOT", "SYSTEMDRIVE", "USERPROFILE", "PATHEXT", "TEMP", "TMP"];

/** Returns the daemon's own values of the variables without which hardly any program works. */
export function cleanEnvironment(): Record<string, string> {
  const names = Deno.build.os === "windows" ? [...NEEDED, ...NEEDED_WINDOWS] : NEEDED;
  const values = names.map((name) => [name, Deno.env.get(name)] as const);
  return Object.fromEntries(values.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

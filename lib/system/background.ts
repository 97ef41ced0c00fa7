/**
 * What launchers of background programs share: the log that takes a program's output, and what its end says.
 *
 * @module
 */

import { errnoCode } from "./errno.ts";
import { isThere } from "./private_files.ts";

/** How often to try to create the log while other launchers rename it at the same time. */
const LOG_ATTEMPTS = 100;
/** How much of the end of the log is shown when the daemon has died, in characters. */
const MAX_SHOWN = 4_096;
/** Stack traces are left out of the messages for the user. */
const STACK_LINE = /^\s+at /;
/** A variable that a shell can unset. */
const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** Creates an empty log and renames the previous one; returns false if that fails. */
export async function startNewLog(log: string): Promise<boolean> {
  for (let attempt = 0; attempt < LOG_ATTEMPTS; attempt++) {
    try {
      if (await isThere(log)) await Deno.rename(log, `${log}.old`);
      (await Deno.open(log, { write: true, createNew: true, mode: 0o600 })).close();
      return true;
    } catch (error) {
      // Another launcher was faster at one of the steps.
      if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotFound) continue;
      if (errnoCode(error) === undefined) throw error;
      return false;
    }
  }
  return false;
}

/**
 * Returns a command whose output is appended to a file. It is started through a shell, because the runtime cannot
 * redirect the output of a child process to a file.
 *
 * @param log The file; `undefined` for the output of this program.
 * @param withoutVariables The variables of this program's environment that the command does not get.
 */
export function withOutputTo(
  command: readonly string[],
  log: string | undefined,
  options: Deno.CommandOptions,
  withoutVariables: readonly string[] = [],
): [string, Deno.CommandOptions] {
  const [program, ...args] = command as [string, ...string[]];
  const unset = withoutVariables.filter((name) => IDENTIFIER.test(name) && !(name in (options.env ?? {})));
  const needsShell = log !== undefined || unset.length > 0;
  if (!needsShell || Deno.build.os === "windows") return [program, { ...options, args }];
  const script = [
    ...(unset.length === 0 ? [] : [`unset ${unset.join(" ")}`]),
    log === undefined ? 'exec "$@"' : 'exec "$@" >>"$0" 2>&1',
  ];
  return ["/bin/sh", { ...options, args: ["-c", script.join("; "), log ?? "sh", ...command] }];
}

/**
 * Whether this program may connect to a socket. A launcher that may not relies on the lock record, which is written once
 * the socket is listened on.
 */
export async function mayConnect(socket: string): Promise<boolean> {
  return (await Deno.permissions.query({ name: "net", host: `unix:${socket}` })).state === "granted";
}

/** Returns the end of a log: the text after the last `claustrum: `, if there is one. */
export function logEnd(log: string): string {
  const text = Deno.readTextFileSync(log).slice(-MAX_SHOWN).trimEnd();
  // Lines before the message of the failure are unrelated to it.
  const reason = /(?:^|\n)claustrum: (?![^]*\nclaustrum: )([^]*)$/.exec(text)?.[1];
  return reason ?? text.split("\n").filter((line) => !STACK_LINE.test(line)).join("\n");
}

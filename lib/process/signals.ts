/**
 * The one place that chooses how this operating system signals processes.
 *
 * @module
 */

import * as unix from "./signals_unix.ts";
import * as windows from "./signals_windows.ts";

const own = Deno.build.os === "windows" ? windows : unix;

/** Signals a process, or with `isGroup` its whole group; a process that is gone is not an error. */
export const sendSignal: (pid: number, signal: Deno.Signal, isGroup: boolean) => void = own.sendSignal;

/** Ends what is left of the group of a child that is gone already. */
export const killRemains: (pid: number) => void = own.killRemains;

/** The signals that a client may name, with or without `SIG` (wire 1.4, process.kill). */
const NAMED: ReadonlySet<string> = new Set(["SIGKILL", "SIGINT", "SIGHUP", "SIGTERM"]);

/** The signal of a name; `SIGTERM` for all that the contract does not know. */
export function signalByName(name: string): Deno.Signal {
  const full = name.startsWith("SIG") ? name : `SIG${name}`;
  return NAMED.has(full) ? full as Deno.Signal : "SIGTERM";
}

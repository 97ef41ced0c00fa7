/**
 * The one place that chooses how this operating system signals processes.
 *
 * @module
 */

import type { GroupLeader } from "./spawn_child.ts";
import * as unix from "./signals_unix.ts";
import * as windows from "./signals_windows.ts";

const own = Deno.build.os === "windows" ? windows : unix;

/** Signals a child that was not reaped yet, and nobody else; one that is gone is not an error. */
export const signalLeader: (leader: GroupLeader, signal: Deno.Signal) => void = own.signalLeader;

/** Signals everybody in the group of a child; whether there was anybody. */
export const signalGroup: (pid: number, signal: Deno.Signal) => boolean = own.signalGroup;

/** Whether anybody is in the group of a child that is gone. */
export const hasGroup: (pid: number) => boolean = own.hasGroup;

/** The signals that a client may name, with or without `SIG` (contract: Process methods, `process.kill`). */
const NAMED: ReadonlySet<string> = new Set(["SIGKILL", "SIGINT", "SIGHUP", "SIGTERM"]);

/** The signal of a name; `SIGTERM` for all that the contract does not know. */
export function signalByName(name: string): Deno.Signal {
  const full = name.startsWith("SIG") ? name : `SIG${name}`;
  return NAMED.has(full) ? full as Deno.Signal : "SIGTERM";
}

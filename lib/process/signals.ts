/**
 * Chooses how this operating system signals processes.
 *
 * @module
 */

import type { GroupLeader } from "./spawn_child.ts";
import * as unix from "./signals_unix.ts";
import * as windows from "./signals_windows.ts";

const own = Deno.build.os === "windows" ? windows : unix;

/** Signals a child that is not reaped yet, and no other process. It is no error if the child has ended. */
export const signalLeader: (leader: GroupLeader, signal: Deno.Signal) => void = own.signalLeader;

/** Signals all processes in a group and returns whether there were any. */
export const signalGroup: (pid: number, signal: Deno.Signal) => boolean = own.signalGroup;

/** Whether the group of a reaped child still has members. */
export const hasGroup: (pid: number) => boolean = own.hasGroup;

/** The signals that a client may send, named with or without `SIG` (contract: Process methods, `process.kill`). */
const NAMED: ReadonlySet<string> = new Set(["SIGKILL", "SIGINT", "SIGHUP", "SIGTERM"]);

/** Returns the signal of a name; `SIGTERM` for any name that the contract does not list. */
export function signalByName(name: string): Deno.Signal {
  const full = name.startsWith("SIG") ? name : `SIG${name}`;
  return NAMED.has(full) ? full as Deno.Signal : "SIGTERM";
}

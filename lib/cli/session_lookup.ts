/**
 * Decides what a name on the command line stands for: a session of the hub, or a process of the daemon.
 *
 * @module
 */

import type { HubClient } from "../hub/hub_client.ts";
import type { Session } from "../sessions/types.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { shellQuote } from "../system/quote.ts";
import type { FlagSpecs, FlagValues, RunningProgram } from "./command.ts";
import { connectToDaemon, NoDaemonError } from "./daemon_client.ts";
import { connect, isHubUnreachable } from "./hub_command.ts";
import { HUB_FLAGS } from "./hub_connection.ts";

/** The flags of a command that takes a session or a process. */
export const EITHER_FLAGS = {
  "process": { kind: "boolean", help: "NAME is the id of a process, and no session" },
  "state-dir": HUB_FLAGS["state-dir"],
  "config": HUB_FLAGS.config,
} as const satisfies FlagSpecs;

/** What a name stands for. */
export type Meaning = "session" | "process";

/** How {@linkcode findMeaning} looks. */
export interface LookupOptions {
  /** The flags that choose a hub. */
  readonly flags: FlagValues<Omit<typeof EITHER_FLAGS, "process">>;
  /** The socket of the daemon. */
  readonly socket: string;
  /** The command, for the error. */
  readonly command: string;
  /** The program that runs. */
  readonly program: RunningProgram;
}

/**
 * Finds out whether a name is a session's. No hub and no daemon is started for that.
 *
 * @throws {ClaustrumError} If there is a session and a process of that name.
 */
export async function findMeaning(
  name: string,
  { flags, socket, command, program }: LookupOptions,
): Promise<Meaning> {
  if (!await isSession(() => connect({ ...flags, "no-start": true }, program), name)) return "process";
  if (await isProcess(socket, name, command)) throw new ClaustrumError(ambiguity(name, command));
  return "session";
}

/** Says how to name either. */
export function ambiguity(name: string, command: string): string {
  const quoted = shellQuote(name);
  return `"${name}" is a session and a process: claustrum session ${command} ${quoted} takes the session, ` +
    `claustrum ${command} --process ${quoted} the process`;
}

/** Whether a running hub has a session of that name or id. */
export async function isSession(open: () => Promise<HubClient>, name: string): Promise<boolean> {
  try {
    await using client = await open();
    const sessions = await client.call("sessions.list", {});
    return sessions.some((session: Session) => session.name === name || session.id === name);
  } catch (error) {
    if (isHubUnreachable(error)) return false;
    throw error;
  }
}

/** Whether there is such a process; one that has ended can be attached to, and nothing else. */
async function isProcess(socket: string, id: string, command: string): Promise<boolean> {
  try {
    await using client = await connectToDaemon(socket);
    const { processes } = await client.call("process.list");
    return processes.some((process) => process.id === id && (process.running || command === "attach"));
  } catch (error) {
    if (error instanceof NoDaemonError) return false;
    throw error;
  }
}

/** The flags of a command of the group `session`, from those of a short command. */
export function sessionFlags(
  { "state-dir": stateDir, config }: LookupOptions["flags"],
): FlagValues<typeof HUB_FLAGS> & { json: boolean } {
  return { "state-dir": stateDir, config, "no-start": false, json: false };
}

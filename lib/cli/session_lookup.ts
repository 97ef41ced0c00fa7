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
import { isOfHub } from "./process_text.ts";

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
 * Finds out whether a name, or the beginning of one, is a session's. No hub and no daemon is started for that.
 *
 * @throws {ClaustrumError} If there is a session and a process of that name.
 */
export async function findMeaning(
  name: string,
  { flags, socket, command, program }: LookupOptions,
): Promise<Meaning> {
  const match = await matchSession(() => connect({ ...flags, "no-start": true }, program), name);
  if (match === undefined) return "process";
  const canHaveEnded = command === "attach";
  const process = await matchProcess(socket, name, { canHaveEnded });
  if (match === process) throw new ClaustrumError(ambiguity(name, command));
  // A whole name counts more than a beginning.
  return process === "whole" ? "process" : "session";
}

/** Says how to name either. */
export function ambiguity(name: string, command: string): string {
  const quoted = shellQuote(name);
  return `"${name}" is a session and a process: claustrum session ${command} ${quoted} takes the session, ` +
    `claustrum ${command} --process ${quoted} the process`;
}

/** How a text names something: by all of its name or id, or by the beginning. */
export type Match = "whole" | "beginning";

/** How a text names a session of a running hub; `undefined` if it names none. */
export async function matchSession(open: () => Promise<HubClient>, text: string): Promise<Match | undefined> {
  try {
    await using client = await open();
    const sessions = await client.call("sessions.list", {});
    return match(sessions.flatMap((session: Session) => [session.name, session.id]), text);
  } catch (error) {
    if (isHubUnreachable(error)) return undefined;
    throw error;
  }
}

/**
 * How a text names a process of a running daemon; `undefined` if it names none.
 *
 * @param canHaveEnded Whether processes count that have ended.
 */
export async function matchProcess(
  socket: string,
  text: string,
  { canHaveEnded }: { readonly canHaveEnded: boolean },
): Promise<Match | undefined> {
  try {
    await using client = await connectToDaemon(socket);
    const { processes } = await client.call("process.list");
    // The agents of sessions are named by their sessions.
    const own = processes.filter(({ id }) => id === text || !isOfHub(id));
    return match(own.filter(({ running }) => running || canHaveEnded).map(({ id }) => id), text);
  } catch (error) {
    if (error instanceof NoDaemonError) return undefined;
    throw error;
  }
}

function match(names: readonly string[], text: string): Match | undefined {
  if (names.includes(text)) return "whole";
  return text !== "" && names.some((name) => name.startsWith(text)) ? "beginning" : undefined;
}

/** The flags of a command of the group `session`, from those of a short command. */
export function sessionFlags(
  { "state-dir": stateDir, config }: LookupOptions["flags"],
): FlagValues<typeof HUB_FLAGS> & { json: boolean } {
  return { "state-dir": stateDir, config, "no-start": false, json: false };
}

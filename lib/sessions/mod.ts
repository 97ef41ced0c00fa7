/**
 * Sessions with agents: conversations that survive the program that keeps them. A program without a hub starts agents in
 * a daemon, talks to them, answers their questions, and finds them again after a crash.
 *
 * It needs the permissions `read` and `write` for the store, the daemon's socket and the user's `~/.claude` and
 * `~/.claude.json`, `net` for `unix:` and the socket's path, and `env` for `HOME`.
 *
 * @example Run a prompt, allow reads, deny the rest, and print the answer
 * ```ts ignore
 * import { openSessions } from "jsr:@x/claustrum/sessions";
 *
 * await using sessions = await openSessions({ socket: "/run/user/1000/claustrum/rpc.sock", store: "sessions.db" });
 * using _listening = sessions.listen((message) => {
 *   if (message.type === "delta") console.log(message.text);
 *   if (message.type !== "event" || message.event.subtype !== "asked") return;
 *   for (const { id, tool_name } of sessions.permissions()) {
 *     sessions.answer(id, { decision: tool_name === "Read" ? "allow" : "deny" }, "the script");
 *   }
 * });
 * const { id } = await sessions.start({ path: Deno.cwd(), prompt: "What is in this directory?" });
 * await sessions.whenIdle(id);
 * await sessions.stop(id);
 * ```
 *
 * @module
 */

import { Store } from "../store/store.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { keepSessions } from "./keep_sessions.ts";
import type { Sessions } from "./sessions.ts";
import { type SessionSettings, sessionSettings } from "./settings.ts";

export { AgentArgumentError } from "../agent/arguments.ts";
export { type AgentLine, LineSplitter, type LineSplitterOptions, type UnfinishedLine } from "../agent/line_splitter.ts";
export * from "../agent/message.ts";
export type * from "../agent/message_types.ts";
export * from "../agent/requests.ts";
export { RequestError } from "../system/request_error.ts";
export { SessionError } from "./session_error.ts";
export type * from "./sessions.ts";
export type { SessionSettings } from "./settings.ts";
export {
  type Deadline,
  deadlineOf,
  type Ending,
  type EndingStep,
  isLive,
  NEW_SESSION,
  type SessionEffect,
  type SessionInput,
  type SessionState,
  type Transition,
} from "./state.ts";
export { step } from "./state_machine.ts";
export type * from "./types.ts";
export { ClaustrumError } from "../system/claustrum_error.ts";
export type { Clock } from "../system/clock.ts";

/** Options of {@linkcode openSessions}. */
export interface OpenSessionsOptions extends Partial<SessionSettings> {
  /** The socket of the daemon that runs the agents. */
  readonly socket: string;
  /** The daemon's token. @default {what daemon.token beside the socket holds} */
  readonly token?: string;
  /** The path of the store, a file that is created if it does not exist. */
  readonly store: string;
  /** The source of time. */
  readonly clock?: Clock;
  /** Called when something fails that no caller waits for. @default {prints the error} */
  readonly onError?: (error: unknown) => void;
}

/**
 * Opens a store of sessions and finds their agents again. One program at a time may have a store open.
 *
 * @throws {ClaustrumError} If the store cannot be used, or the home directory is unknown.
 */
export function openSessions(options: OpenSessionsOptions): Promise<Sessions> {
  const { socket, token, store: path, clock = systemClock, onError = console.error, ...settings } = options;
  const home = settings.home ?? Deno.env.get("HOME");
  if (home === undefined || home === "") {
    return Promise.reject(new ClaustrumError("the home directory is unknown: set HOME"));
  }
  const store = Store.open(path);
  const sessions = keepSessions({
    socket,
    token,
    store,
    settings: sessionSettings({ tmuxSocket: `${path}.tmux.sock`, ...settings, home }),
    clock,
    onError,
    onClosed: () => store.close(),
  });
  return Promise.resolve(sessions);
}

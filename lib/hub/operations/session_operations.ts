/**
 * The operations that start, list, change and end sessions.
 *
 * @module
 */

import * as v from "valibot";
import { SessionError } from "../../sessions/session_error.ts";
import type { Sessions } from "../../sessions/sessions.ts";
import type { Session } from "../../sessions/types.ts";
import type { OperationParams } from "../operation_types.ts";
import { shownSession } from "../event_size.ts";
import type { HubProjects } from "../lazy_projects.ts";
import { operation } from "../operation.ts";
import { agentCommand, done, limit, policy, prompt, session, sessionName, text } from "../schemas.ts";
import { DONE, oneSession, onlySession } from "./shared.ts";

/** How many files are returned by default. */
const MAX_FILES = 20;

/** The operations that start, list, change and end sessions. */
export const sessionOperations = [
  operation({
    name: "session.start",
    summary: "start a session",
    isChange: true,
    http: { method: "POST", path: "/api/sessions", status: 201 },
    params: v.strictObject({
      name: v.optional(text),
      path: text,
      claude_args: v.optional(v.union([v.string(), v.array(v.string())])),
      model: v.optional(text),
      permission_mode: v.optional(text),
      policy: v.optional(policy),
      resume: v.optional(text),
      fork: v.optional(v.boolean()),
      prompt: v.optional(prompt),
      worktree: v.optional(text),
      trust: v.optional(v.boolean()),
      confirm: v.optional(text),
    }),
    result: session,
    run: async ({ sessions }, params) => shownSession(await sessions.start(params)),
  }),
  operation({
    name: "sessions.list",
    summary: "list sessions, the newest first",
    isChange: false,
    http: { method: "GET", path: "/api/sessions" },
    hasLastingItems: true,
    params: v.strictObject({ active: v.optional(v.boolean()), path: v.optional(text), query: v.optional(v.string()) }),
    result: v.array(session),
    run({ sessions, hosts, isOwnOnly }, params) {
      const others = isOwnOnly ? [] : hosts.sessions.filter((one) => isWanted(one, params));
      return [...sessions.list(params), ...others].map(shownSession);
    },
  }),
  operation({
    name: "session.get",
    summary: "show a session",
    isChange: false,
    http: { method: "GET", path: "/api/sessions/:id", pathParams: oneSession },
    params: onlySession,
    result: session,
    run: ({ sessions }, { session_name }) => shownSession(sessions.get(session_name)),
  }),
  operation({
    name: "session.configure",
    summary: "change a session",
    isChange: true,
    http: { method: "PATCH", path: "/api/sessions/:id", pathParams: oneSession },
    params: v.strictObject({
      ...sessionName,
      name: v.optional(text),
      model: v.optional(v.nullable(text)),
      permission_mode: v.optional(text),
      policy: v.optional(policy),
      confirm: v.optional(text),
    }),
    result: session,
    run: async ({ sessions }, { session_name, ...changes }) =>
      shownSession(await sessions.configure(session_name, changes)),
  }),
  operation({
    name: "session.interrupt",
    summary: "interrupt the turn",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/interrupt", pathParams: oneSession },
    params: onlySession,
    result: done,
    async run({ sessions }, { session_name }) {
      await sessions.interrupt(session_name);
      return DONE;
    },
  }),
  operation({
    name: "session.stop",
    summary: "stop the agent",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/stop", pathParams: oneSession },
    params: onlySession,
    result: session,
    run: async ({ sessions }, { session_name }) => shownSession(await sessions.stop(session_name)),
  }),
  operation({
    name: "session.kill",
    summary: "kill the agent and its descendants",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/kill", pathParams: oneSession },
    params: onlySession,
    result: session,
    run: async ({ sessions }, { session_name }) => shownSession(await sessions.kill(session_name)),
  }),
  operation({
    name: "session.resume",
    summary: "start the agent of a stopped session again",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/resume", pathParams: oneSession },
    params: v.strictObject({ ...sessionName, confirm: v.optional(text), trust: v.optional(v.boolean()) }),
    result: session,
    run: async ({ sessions }, { session_name, ...options }) =>
      shownSession(await sessions.resume(session_name, options)),
  }),
  operation({
    name: "session.fork",
    summary: "start a new session with a copy of the conversation",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/fork", pathParams: oneSession, status: 201 },
    params: v.strictObject({ ...sessionName, name: v.optional(text) }),
    result: session,
    run: async ({ sessions }, { session_name, name }) => shownSession(await sessions.fork(session_name, { name })),
  }),
  operation({
    name: "session.remove",
    summary: "forget a stopped session and its events",
    isChange: true,
    http: { method: "DELETE", path: "/api/sessions/:id", pathParams: oneSession },
    params: v.strictObject({ ...sessionName, remove_worktree: v.optional(v.boolean()), confirm: v.optional(text) }),
    result: done,
    async run({ sessions, projects }, { session_name, remove_worktree = false, confirm }) {
      requireWhole(sessions, session_name);
      if (remove_worktree) await removeWithWorktree(sessions, projects, session_name, confirm);
      else sessions.remove(session_name);
      return DONE;
    },
  }),
  operation({
    name: "session.attach",
    summary: "open the session in a terminal",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/attach", pathParams: oneSession },
    params: v.strictObject({ ...sessionName, interrupt: v.optional(v.boolean()) }),
    result: v.object({ tmux_session: v.string(), tmux_socket: v.string() }),
    run: ({ sessions }, { session_name, interrupt }) => sessions.attach(session_name, { interrupt }),
  }),
  operation({
    name: "session.detach",
    summary: "close the terminal of a session",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/detach", pathParams: oneSession },
    params: onlySession,
    result: session,
    run: async ({ sessions }, { session_name }) => shownSession(await sessions.detach(session_name)),
  }),
  operation({
    name: "session.commands",
    summary: "list the slash commands that the agent knows",
    isChange: false,
    http: { method: "GET", path: "/api/sessions/:id/commands", pathParams: oneSession },
    params: onlySession,
    result: v.array(agentCommand),
    run: ({ sessions }, { session_name }) => sessions.commands(session_name),
  }),
  operation({
    name: "session.files",
    summary: "find files of the session's directory by parts of their paths",
    isChange: false,
    http: { method: "GET", path: "/api/sessions/:id/files", pathParams: oneSession },
    params: v.strictObject({ ...sessionName, query: v.string(), limit: v.optional(limit) }),
    result: v.array(v.string()),
    run: ({ sessions }, { session_name, query, limit = MAX_FILES }) => sessions.files(session_name, query, limit),
  }),
];

/** Removes a session and the work tree that was made for it; both stay if the work tree has work that would be lost. */
async function removeWithWorktree(
  sessions: Sessions,
  projects: HubProjects,
  reference: string,
  confirm: string | undefined,
): Promise<void> {
  const { worktree } = sessions.origin(reference);
  if (worktree === undefined) {
    throw new SessionError("bad_params", `no work tree was made for session "${reference}": leave out remove_worktree`);
  }
  const { repository, path } = worktree;
  await projects.removeWorktreeOf({ repository, worktree: path, confirm }, () => sessions.remove(reference));
}

/** Whether a session of a host is among those that a list asks for. */
function isWanted({ status, path, name }: Session, wanted: OperationParams<"sessions.list">): boolean {
  const isActive = status !== "stopped" && status !== "error";
  const words = wanted.query?.toLowerCase();
  return (wanted.active === undefined || wanted.active === isActive) &&
    (wanted.path === undefined || wanted.path === path) &&
    (words === undefined || `${name} ${path}`.toLowerCase().includes(words));
}

/** A prefix must not be enough to remove something. */
function requireWhole(sessions: Sessions, reference: string): void {
  if (sessions.list().some(({ id, name }) => reference === id || reference === name)) return;
  throw new SessionError("unknown", `no session has the id or the name ${JSON.stringify(reference)}`);
}

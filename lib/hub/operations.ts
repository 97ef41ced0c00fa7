/**
 * All operations of the hub.
 *
 * @module
 */

import * as v from "valibot";
import type { SessionEvent } from "../sessions/types.ts";
import { SessionError } from "../sessions/session_error.ts";
import { pageOf, shownPermission, shownSession } from "./event_size.ts";
import { type AnyOperation, operation, type OperationContext } from "./operation.ts";
import type { Done, OperationName } from "./operation_types.ts";
import {
  config,
  count,
  done,
  event,
  foundEvent,
  hubStatus,
  limit,
  permission,
  policy,
  position,
  prompt,
  rule,
  sendResult,
  session,
  sessionName,
  text,
} from "./schemas.ts";

const DONE: Done = { ok: true };
/** How many events a list has by default. */
const DEFAULT_LIMIT = 500;
/** The longest part of an event's JSON that is returned at once, in characters, of up to three bytes each. */
const MAX_PART = 2 << 20;

const nothing = v.strictObject({});
const onlySession = v.strictObject(sessionName);
const oneSession = { id: "session_name" } as const;
const onePrompt = { id: "session_name", prompt: "prompt_id" } as const;

/** The operations that start, list, change and end sessions. */
const sessionOperations = [
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
    params: v.strictObject({ active: v.optional(v.boolean()), path: v.optional(text), query: v.optional(v.string()) }),
    result: v.array(session),
    run: ({ sessions }, params) => sessions.list(params).map(shownSession),
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
    params: v.strictObject({ ...sessionName, confirm: v.optional(text) }),
    result: session,
    run: async ({ sessions }, { session_name, confirm }) =>
      shownSession(await sessions.resume(session_name, { confirm })),
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
    params: onlySession,
    result: done,
    run({ sessions }, { session_name }) {
      requireWhole(sessions.get(session_name), session_name);
      sessions.remove(session_name);
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
];

const promptOperations = [
  operation({
    name: "prompt.send",
    summary: "send a prompt, or queue it",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/prompt", pathParams: oneSession, status: 202 },
    params: v.strictObject({ ...sessionName, prompt, start_if_stopped: v.optional(v.boolean()) }),
    result: sendResult,
    run: ({ sessions }, { session_name, prompt, start_if_stopped }) =>
      sessions.send(session_name, prompt, { startIfStopped: start_if_stopped }),
  }),
  operation({
    name: "prompt.edit",
    summary: "replace a queued prompt",
    isChange: true,
    http: { method: "PATCH", path: "/api/sessions/:id/prompts/:prompt", pathParams: onePrompt },
    params: v.strictObject({ ...sessionName, prompt_id: text, prompt }),
    result: done,
    run({ sessions }, { session_name, prompt_id, prompt }) {
      sessions.editPrompt(session_name, prompt_id, prompt);
      return DONE;
    },
  }),
  operation({
    name: "prompt.remove",
    summary: "remove a queued prompt",
    isChange: true,
    http: { method: "DELETE", path: "/api/sessions/:id/prompts/:prompt", pathParams: onePrompt },
    params: v.strictObject({ ...sessionName, prompt_id: text }),
    result: done,
    run({ sessions }, { session_name, prompt_id }) {
      sessions.removePrompt(session_name, prompt_id);
      return DONE;
    },
  }),
  operation({
    name: "prompt.move",
    summary: "move a queued prompt to a position, from 1",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/prompts/:prompt/move", pathParams: onePrompt },
    params: v.strictObject({ ...sessionName, prompt_id: text, position }),
    result: done,
    run({ sessions }, { session_name, prompt_id, position }) {
      sessions.movePrompt(session_name, prompt_id, position);
      return DONE;
    },
  }),
];

const eventOperations = [
  operation({
    name: "session.events",
    summary: "list events of a session, the oldest first",
    isChange: false,
    http: { method: "GET", path: "/api/sessions/:id/events", pathParams: oneSession },
    params: v.strictObject({
      ...sessionName,
      limit: v.optional(limit),
      offset: v.optional(count),
      after: v.optional(count),
      types: v.optional(v.string()),
    }),
    result: v.array(event),
    run({ sessions }, { session_name, limit = DEFAULT_LIMIT, offset, after, types }) {
      const wanted = types === undefined || types === "" ? undefined : types.split(",").map((type) => type.trim());
      return pageOf(sessions.events(session_name, { limit, offset, after, types: wanted }));
    },
  }),
  operation({
    name: "session.event",
    summary: "show an event, or a part of its payload's JSON",
    isChange: false,
    http: { method: "GET", path: "/api/events/:id", pathParams: { id: "event_id" } },
    params: v.strictObject({ event_id: count, offset: v.optional(count), length: v.optional(position) }),
    result: v.union([v.object({ text: v.string(), total: count }), event]),
    run: ({ sessions }, { event_id, offset, length }) => {
      const found = sessions.event(event_id);
      return offset === undefined && length === undefined ? found : partOf(found, offset ?? 0, length ?? MAX_PART);
    },
  }),
  operation({
    name: "events.search",
    summary: "search what people and agents said, the newest first",
    isChange: false,
    http: { method: "GET", path: "/api/search" },
    params: v.strictObject({ query: text, limit: v.optional(limit) }),
    result: v.array(foundEvent),
    run: ({ sessions }, { query, limit }) => pageOf(sessions.search(query, limit)),
  }),
];

const permissionOperations = [
  operation({
    name: "permissions.list",
    summary: "list the permissions that wait for a person, the oldest first",
    isChange: false,
    http: { method: "GET", path: "/api/permissions" },
    params: nothing,
    result: v.array(permission),
    run: ({ sessions }) => sessions.permissions().map(shownPermission),
  }),
  operation({
    name: "permission.answer",
    summary: "answer a permission",
    isChange: true,
    http: { method: "POST", path: "/api/permissions/:id", pathParams: { id: "permission_id" } },
    params: v.strictObject({
      permission_id: text,
      decision: v.picklist(["allow", "allow_session", "deny"]),
      message: v.optional(v.string()),
      updated_input: v.optional(v.unknown()),
      interrupt: v.optional(v.boolean()),
    }),
    result: done,
    run({ sessions, caller }, { permission_id, ...answer }) {
      sessions.answer(permission_id, answer, caller);
      return DONE;
    },
  }),
  operation({
    name: "session.rules",
    summary: "list the rules of a session",
    isChange: false,
    http: { method: "GET", path: "/api/sessions/:id/rules", pathParams: oneSession },
    params: onlySession,
    result: v.array(rule),
    run: ({ sessions }, { session_name }) => sessions.rules(session_name),
  }),
  operation({
    name: "session.rule.remove",
    summary: "remove a rule of a session",
    isChange: true,
    http: {
      method: "DELETE",
      path: "/api/sessions/:id/rules/:rule",
      pathParams: { id: "session_name", rule: "rule_id" },
    },
    params: v.strictObject({ ...sessionName, rule_id: text }),
    result: done,
    run({ sessions }, { session_name, rule_id }) {
      sessions.removeRule(session_name, rule_id);
      return DONE;
    },
  }),
];

const hubOperations = [
  operation({
    name: "hub.status",
    summary: "show the state of the hub",
    isChange: false,
    http: { method: "GET", path: "/api/status" },
    params: nothing,
    result: hubStatus,
    run: ({ hub }) => hub.status(),
  }),
  operation({
    name: "config.get",
    summary: "show the configuration that is in effect, with secrets masked",
    isChange: false,
    http: { method: "GET", path: "/api/config" },
    params: nothing,
    result: config,
    run: ({ hub }) => hub.config(),
  }),
  operation({
    name: "daemon.stop",
    summary: "stop the hub; agents run on unless sessions is true",
    isChange: true,
    params: v.strictObject({ sessions: v.optional(v.boolean()) }),
    result: done,
    async run(context, { sessions: endsSessions = false }) {
      if (endsSessions) await stopSessions(context);
      context.hub.stopSoon();
      return DONE;
    },
  }),
];

const ALL = [
  ...sessionOperations,
  ...promptOperations,
  ...eventOperations,
  ...permissionOperations,
  ...hubOperations,
];

/** All operations. */
export const OPERATIONS: readonly AnyOperation[] = ALL;

/** Names the operations that have a type and no definition, if there are any. */
type Missing = Exclude<OperationName, typeof ALL[number]["name"]>;
const _isComplete: [Missing] extends [never] ? true : Missing = true;

/** A prefix must not be enough to remove something. */
function requireWhole({ id, name }: { readonly id: string; readonly name: string }, reference: string): void {
  if (reference === id || reference === name) return;
  throw new SessionError("unknown", `no session has the id or the name ${JSON.stringify(reference)}`);
}

function partOf({ payload }: SessionEvent, offset: number, length: number): { text: string; total: number } {
  const whole = JSON.stringify(payload) ?? "null";
  return { text: whole.slice(offset, offset + Math.min(length, MAX_PART)), total: whole.length };
}

/** Ends all agents. One that fails to end does not keep the others from ending; the first failure is reported. */
async function stopSessions({ sessions }: OperationContext): Promise<void> {
  const active = sessions.list({ active: true });
  const results = await Promise.allSettled(active.map(({ id }) => sessions.stop(id)));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

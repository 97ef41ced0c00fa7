/**
 * The schemas of what operations take and return. They are the hub's own: a schema library's types are not part of the
 * public interface.
 *
 * @module
 */

import * as v from "valibot";
import type {
  AgentCommand,
  ContentBlock,
  PendingPermission,
  PromptContent,
  SendResult,
  Session,
  SessionEvent,
  SessionRule,
} from "../sessions/types.ts";
import type { FoundSessionEvent } from "../sessions/sessions.ts";
import type { ApiToken, AuditEntry, SignedIn, SignIn } from "./access_operation_types.ts";
import type { DoctorCheck, HubStatus, ShownConfig } from "./operation_types.ts";
import type { PushState } from "./push/push_types.ts";

/** A schema of a type. */
export type Schema<T> = v.GenericSchema<unknown, T>;

/** The most items of a page. */
const MAX_LIMIT = 500;
/** The longest text that a person writes as a name or a search, in characters. */
const MAX_TEXT = 4096;

/** A text that is not empty. */
export const text = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TEXT));
/** A whole number from 0. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** A whole number from 1. */
export const position = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
/** How many items a page has at most. */
export const limit = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_LIMIT));
/** A permission policy. */
export const policy = v.picklist(["ask", "allow", "deny"]);
/** The status of a session. */
const status = v.picklist(["starting", "idle", "active", "waiting_permission", "stopped", "error"]);
/** A block of a prompt. */
export const contentBlock: Schema<ContentBlock> = v.looseObject({ type: v.string() });
/** A prompt. */
export const prompt: Schema<PromptContent> = v.union([
  v.pipe(v.string(), v.minLength(1)),
  v.pipe(v.array(contentBlock), v.minLength(1)),
]);
/** The topics of notices that are wanted. */
export const topics = v.pipe(v.array(text), v.maxLength(100));
/** Names a project. */
export const projectName = { project_name: text };
/** Names a session. */
export const sessionName = { session_name: text };

/** A session. */
export const session: Schema<Session> = v.object({
  id: v.string(),
  name: v.string(),
  host: v.string(),
  path: v.string(),
  mode: v.picklist(["subprocess", "interactive"]),
  status,
  claude_session_id: v.string(),
  model: v.nullable(v.string()),
  permission_mode: v.string(),
  policy,
  queue: v.array(
    v.object({ id: v.string(), prompt: v.union([prompt, v.object({ truncated: count })]), at: v.string() }),
  ),
  permissions: v.array(v.string()),
  turns: count,
  cost_usd: v.number(),
  tokens: v.object({ input: count, output: count, cache_read: count, cache_creation: count }),
  last_event: count,
  created_at: v.string(),
  updated_at: v.string(),
  ended_at: v.exactOptional(v.string()),
  tmux_session: v.exactOptional(v.string()),
  exit: v.exactOptional(
    v.object({ code: v.exactOptional(v.number()), signal: v.exactOptional(v.string()), reason: v.string() }),
  ),
  error: v.exactOptional(v.string()),
  worktree: v.exactOptional(v.object({ path: v.string(), branch: v.string() })),
});

const eventFields = {
  host: v.exactOptional(v.string()),
  id: count,
  session: v.string(),
  seq: count,
  at: v.string(),
  type: v.string(),
  subtype: v.exactOptional(v.string()),
  payload: v.unknown(),
};
/** An event. */
export const event: Schema<SessionEvent> = v.object(eventFields);
/** A part of the JSON of an event's payload. */
export const eventPart: Schema<{ readonly text: string; readonly total: number }> = v.object({
  text: v.string(),
  total: count,
});
/** An event that a search found. */
export const foundEvent: Schema<FoundSessionEvent> = v.object({ ...eventFields, snippet: v.string() });

/** What became of a prompt. */
export const sendResult: Schema<SendResult> = v.object({
  prompt_status: v.picklist(["sent", "queued"]),
  prompt_id: v.string(),
  position: v.exactOptional(position),
});

/** A slash command of an agent. */
export const agentCommand: Schema<AgentCommand> = v.object({
  name: v.string(),
  description: v.exactOptional(v.string()),
  argument_hint: v.exactOptional(v.string()),
});

/** A rule of a session. */
export const rule: Schema<SessionRule> = v.object({
  id: v.string(),
  tool_name: v.string(),
  covers: v.string(),
  at: v.string(),
});

/** A permission that waits for a person. */
export const permission: Schema<PendingPermission> = v.object({
  id: v.string(),
  session: v.string(),
  host: v.string(),
  at: v.string(),
  tool_name: v.string(),
  input: v.unknown(),
  description: v.exactOptional(v.string()),
  requires_user_interaction: v.boolean(),
  covers: v.string(),
});

/** The state of the hub. */
export const hubStatus: Schema<HubStatus> = v.object({
  name: v.string(),
  version: v.string(),
  pid: count,
  uptime_seconds: count,
  url: v.exactOptional(v.string()),
  socket: v.string(),
  daemon: v.object({ running: v.boolean(), socket: v.string(), version: v.exactOptional(v.string()) }),
  sessions: v.record(v.string(), count),
  last_event: count,
  links: v.exactOptional(v.array(v.object({
    url: v.string(),
    status: v.picklist(["connecting", "up", "offline", "refused"]),
    reason: v.exactOptional(v.string()),
    since: v.string(),
  }))),
});

/** The configuration. */
export const config: Schema<ShownConfig> = v.object({
  file: v.exactOptional(v.string()),
  values: v.array(v.object({ key: v.string(), value: v.exactOptional(v.unknown()), source: v.string() })),
});

const tokenFields = {
  id: v.string(),
  name: v.string(),
  read_only: v.boolean(),
  created_at: v.string(),
  used_at: v.exactOptional(v.string()),
};
/** A named API token. */
export const apiToken: Schema<ApiToken> = v.object(tokenFields);
/** A named API token when it is made. */
export const newApiToken: Schema<ApiToken & { readonly token: string }> = v.object({
  ...tokenFields,
  token: v.string(),
});

/** A browser that has signed in. */
export const signIn: Schema<SignIn> = v.object({
  id: v.string(),
  user: v.string(),
  way: v.string(),
  read_only: v.boolean(),
  address: v.string(),
  agent: v.string(),
  created_at: v.string(),
  used_at: v.string(),
  expires_at: v.string(),
  is_current: v.boolean(),
});

/** What a browser gets when it has signed in. */
export const signedIn: Schema<SignedIn> = v.object({
  page_key: v.string(),
  user: v.string(),
  way: v.string(),
  read_only: v.boolean(),
});

/** A change, and who made it. */
export const auditEntry: Schema<AuditEntry> = v.object({
  id: count,
  at: v.string(),
  who: v.string(),
  way: v.string(),
  address: v.exactOptional(v.string()),
  what: v.string(),
  target: v.exactOptional(v.string()),
  result: v.string(),
});

/** What a check has found. */
export const doctorCheck: Schema<DoctorCheck> = v.object({
  name: v.string(),
  status: v.picklist(["ok", "warning", "error"]),
  message: v.string(),
  advice: v.exactOptional(v.string()),
});

/** Whether browsers are told of events while no page is open. */
export const pushState: Schema<PushState> = v.object({
  is_enabled: v.boolean(),
  key: v.exactOptional(v.string()),
  is_subscribed: v.boolean(),
});

/** The result of an operation that returns nothing else. */
export const done = v.object({ ok: v.literal(true) });

/**
 * Describes why a value does not fit a schema, in a sentence that names the field.
 *
 * @returns `undefined` if the value fits.
 */
export function problemOf(schema: Schema<unknown>, value: unknown): string | undefined {
  const { issues } = v.safeParse(schema, value, { abortEarly: true });
  return issues === undefined ? undefined : describeIssue(issues[0]);
}

/** What a value does not fit; the requirement is there for the limits of a type. */
interface Issue extends v.BaseIssue<unknown> {
  readonly requirement?: unknown;
}

function describeIssue(issue: Issue): string {
  const field = v.getDotPath(issue) ?? "";
  if (issue.type === "strict_object" || issue.type === "object" || issue.type === "loose_object") {
    if (issue.expected === "never") return `there is no field ${JSON.stringify(field)}`;
    if (issue.received === "undefined") return `the field ${JSON.stringify(field)} is missing`;
  }
  // The innermost issue of an alternative says more, if it is about a part of the value.
  const inner = issue.issues?.find((each) => each.path !== undefined);
  if (inner !== undefined) return `${JSON.stringify(field)}: ${describeIssue(inner)}`;
  const problem = limitProblem(issue) ?? `expected ${issue.expected} but received ${shorten(issue.received)}`;
  return field === "" ? problem : `${JSON.stringify(field)}: ${problem}`;
}

/** Says in words what a value must be whose type is right. */
function limitProblem({ type, expected, message, requirement, input }: Issue): string | undefined {
  const unit = Array.isArray(input) ? "items" : "characters";
  switch (type) {
    case "min_length":
      return requirement === 1 ? "must not be empty" : `must have at least ${requirement} ${unit}`;
    case "max_length":
      return `must have at most ${requirement} ${unit}`;
    case "min_value":
      return `must be at least ${requirement}`;
    case "max_value":
      return `must be at most ${requirement}`;
    case "safe_integer":
      return "must be a whole number";
    case "regex":
      return message;
    default:
      return expected === null ? message : undefined;
  }
}

function shorten(received: string): string {
  const most = 80;
  return received.length > most ? `${received.slice(0, most)}…` : received;
}

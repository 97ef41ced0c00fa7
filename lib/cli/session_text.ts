/**
 * Shows sessions, their queues and rules to people.
 *
 * @module
 */

import type { FoundSessionEvent } from "../sessions/sessions.ts";
import type { PendingPermission, QueuedPrompt, Session, SessionRule } from "../sessions/types.ts";
import { promptText } from "./hub_event_text.ts";
import { permissionLines } from "./permission_text.ts";
import { safeTable } from "./safe_table.ts";
import { formatAge } from "./table.ts";

/** How texts are fitted to the terminal. */
export interface SessionTextOptions {
  /** The width of the terminal; `Infinity` if there is none. */
  readonly columns: number;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

const SESSIONS = ["NAME", "STATUS", "TURNS", "COST", "QUEUED", "CHANGED", "PATH"];
const QUEUE = ["#", "ID", "AGE", "PROMPT"];
const RULES = ["ID", "AGE", "ALLOWS"];
const FOUND = ["SESSION", "EVENT", "AGE", "TYPE", "TEXT"];

/** Formats sessions as a table. */
export function formatSessions(sessions: readonly Session[], options: SessionTextOptions): string {
  const rows = sessions.map((session) => [
    session.name,
    statusText(session),
    String(session.turns),
    formatCost(session.cost_usd),
    String(session.queue.length),
    age(session.updated_at, options),
    session.path,
  ]);
  return table([SESSIONS, ...rows], options);
}

/** Formats everything about a session that matters to a person. */
export function formatSession(
  session: Session,
  permissions: readonly PendingPermission[],
  options: SessionTextOptions,
): string {
  const { tokens } = session;
  const facts = [
    ["name", session.name],
    ["id", session.id],
    ["host", session.host],
    ["path", session.path],
    ...(session.worktree === undefined ? [] : [["branch", `${session.worktree.branch}, in a work tree`]]),
    ["status", statusText(session)],
    ...(session.error === undefined ? [] : [["error", session.error]]),
    ...(session.exit === undefined ? [] : [["ended", session.exit.reason]]),
    ["conversation", session.claude_session_id],
    ["model", session.model ?? "the default"],
    ["permissions", `mode ${session.permission_mode}, policy ${session.policy}`],
    ["turns", `${session.turns}, ${formatCost(session.cost_usd)}`],
    ["tokens", `${tokens.input} in, ${tokens.output} out, ${tokens.cache_read} from the cache`],
    ["created", `${age(session.created_at, options)} ago`],
    ["changed", `${age(session.updated_at, options)} ago`],
    ...(session.tmux_session === undefined ? [] : [["terminal", session.tmux_session]]),
  ];
  return [
    table(facts, options),
    ...(session.queue.length === 0 ? [] : ["", formatQueue(session.queue, options)]),
    ...permissions.flatMap((permission) => ["", ...permissionLines(permission, session.name)]),
  ].join("\n");
}

/** Formats the prompts that wait as a table. */
export function formatQueue(queue: readonly QueuedPrompt[], options: SessionTextOptions): string {
  const rows = queue.map(({ id, at, prompt }, i) => [String(i + 1), id, age(at, options), promptText(prompt)]);
  return table([QUEUE, ...rows], options);
}

/** Formats rules as a table. */
export function formatRules(rules: readonly SessionRule[], options: SessionTextOptions): string {
  const rows = rules.map(({ id, at, tool_name, covers }) => [id, age(at, options), `${tool_name}: ${covers}`]);
  return table([RULES, ...rows], options);
}

/** Formats found events as a table; the matches stand between `«` and `»`. */
export function formatFound(
  found: readonly FoundSessionEvent[],
  names: ReadonlyMap<string, string>,
  options: SessionTextOptions,
): string {
  const rows = found.map(({ id, session, at, type, snippet }) => [
    names.get(session) ?? session,
    String(id),
    age(at, options),
    type,
    snippet,
  ]);
  return table([FOUND, ...rows], options);
}

function statusText({ status, mode }: Session): string {
  return mode === "interactive" ? `${status} (terminal)` : status;
}

function formatCost(dollars: number): string {
  return `$${dollars.toFixed(2)}`;
}

/** Formats how long ago something was. */
export function age(at: string, { now }: SessionTextOptions): string {
  return formatAge((now - Date.parse(at)) / 1000);
}

function table(rows: readonly (readonly string[])[], { columns }: SessionTextOptions): string {
  return safeTable(rows, columns);
}

/**
 * What webhooks are told: which event happened in which session, made from what followers of sessions receive.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { LiveMessage, PendingPermission, SessionEvent } from "../../sessions/types.ts";
import type { WebhookEvent } from "./webhook_config.ts";

/** The longest text that a webhook is told, in UTF-16 units. */
const MAX_TEXT = 4_096;
/** The largest input of a tool that a webhook is told, in bytes of its JSON. */
const MAX_INPUT_BYTES = 16 << 10;

/** What people and agents said; only for webhooks with `include_content`. */
export interface NoticeContent {
  /** What the agent says about the call that waits for a permission. */
  readonly description?: string;
  /** What the tool is to be called with. */
  readonly input?: unknown;
  /** The answer that ended the turn. */
  readonly result?: string;
  /** Why the session ended. */
  readonly reason?: string;
}

/** What webhooks are told about an event. */
export interface Notice {
  /** A UUID, the same for each try; a receiver that has seen it already may ignore it. */
  readonly id: string;
  /** The name of the event. */
  readonly event: WebhookEvent;
  /** When it happened, in ISO 8601. */
  readonly at: string;
  /** The name of the hub. */
  readonly host: string;
  /** The session. */
  readonly session: { readonly id: string; readonly name: string };
  /** What waits for an answer. */
  readonly permission?: { readonly id: string; readonly tool_name: string };
  /** Whether the turn has failed. */
  readonly is_error?: boolean;
  /** What people and agents said. */
  readonly content?: NoticeContent;
}

/** The sessions, as far as notices need them. */
export interface NoticeSessions {
  /** Returns a session. */
  get(id: string): { readonly id: string; readonly name: string; readonly host: string };
  /** Returns the pending permissions of all sessions, the oldest first. */
  permissions(): readonly PendingPermission[];
}

/** The parts of a notice that depend on the event. */
type Details = Pick<Notice, "event" | "permission" | "is_error" | "content">;

/** Returns what webhooks are told about a message; `undefined` for nothing. */
export function noticeOf(message: LiveMessage, sessions: NoticeSessions): Notice | undefined {
  if (message.type !== "event") return undefined;
  const { event } = message;
  const details = event.type === "status"
    ? statusDetails(event, sessions)
    : event.type === "result"
    ? resultDetails(event)
    : undefined;
  if (details === undefined) return undefined;
  const { id, name, host } = sessions.get(event.session);
  return { id: crypto.randomUUID(), at: event.at, host, session: { id, name }, ...details };
}

/** Returns a notice as it is sent: with content only where that is wanted, and with the hub's address. */
export function shownNotice(
  { content, ...notice }: Notice,
  { includesContent, url }: { readonly includesContent: boolean; readonly url: string | undefined },
): Notice & { readonly url?: string } {
  return {
    ...notice,
    ...(url === undefined ? {} : { url }),
    ...(includesContent && content !== undefined ? { content } : {}),
  };
}

function statusDetails({ subtype, session, payload }: SessionEvent, sessions: NoticeSessions): Details | undefined {
  switch (subtype) {
    case "waiting_permission":
      return waitingDetails(sessions.permissions().findLast((permission) => permission.session === session));
    case "stopped":
    case "error": {
      const { reason } = fieldsOf(payload);
      const content = typeof reason === "string" ? { content: { reason: cut(reason) } } : {};
      return { event: `session.${subtype}`, ...content };
    }
    default:
      return undefined;
  }
}

function waitingDetails(permission: PendingPermission | undefined): Details {
  const event = "session.waiting_permission";
  if (permission === undefined) return { event }; // somebody was very fast
  const { id, tool_name, description, input } = permission;
  const text = description === undefined ? {} : { description: cut(description) };
  return { event, permission: { id, tool_name }, content: { ...text, input: withinBounds(input) } };
}

function resultDetails({ payload }: SessionEvent): Details {
  const { is_error, result } = fieldsOf(payload);
  return {
    event: "turn.finished",
    is_error: is_error === true,
    ...(typeof result === "string" ? { content: { result: cut(result) } } : {}),
  };
}

function fieldsOf(payload: unknown): Readonly<Record<string, unknown>> {
  return typeof payload === "object" && payload !== null ? { ...payload } : {};
}

function cut(text: string): string {
  // A cut may fall between the two halves of a character.
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT).replace(/[\ud800-\udbff]$/, "")}…`;
}

function withinBounds(input: unknown): unknown {
  const bytes = Buffer.byteLength(JSON.stringify(input) ?? "null");
  return bytes <= MAX_INPUT_BYTES ? input : { truncated: bytes };
}

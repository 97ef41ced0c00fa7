/**
 * What a host says of its own accord. A host has proven which one it is, and nothing more: what is no message must not
 * disturb those who follow other hosts, too.
 *
 * @module
 */

import * as v from "valibot";
import type { PendingPermission, Session } from "../../sessions/types.ts";
import type { OnNotification } from "../hub_line.ts";
import { count, event, permission, type Schema, session } from "../schemas.ts";

/** The longest name of something, in characters. */
const MAX_NAME = 8_192;

/** The messages of a follower; those of an unknown type are none. */
const MESSAGE = v.variant("type", [
  v.object({
    type: v.literal("snapshot"),
    // What that hub shows of others, this one shows itself if it wants to.
    host: v.optional(v.undefined_()),
    sessions: v.array(v.pipe(session, v.check(hasShortNames))),
    permissions: v.array(v.pipe(permission, v.check(isShort))),
    partial: v.record(v.string(), v.string()),
    last_event: count,
  }),
  v.object({ type: v.literal("event"), event: v.pipe(event, v.check(({ host }) => host === undefined)) }),
  v.object({ type: v.literal("session"), session: v.pipe(session, v.check(hasShortNames)) }),
  v.object({ type: v.literal("removed"), session: v.string() }),
  v.object({
    type: v.literal("delta"),
    session: v.string(),
    text: v.optional(v.string()),
    thinking: v.optional(v.string()),
  }),
  v.object({ type: v.literal("notice"), topic: v.string() }),
  v.object({ type: v.literal("lagging") }),
]);

const PERMISSIONS: Schema<readonly PendingPermission[]> = v.array(v.pipe(permission, v.check(isShort)));
const STATUS = v.object({ version: v.pipe(v.string(), v.maxLength(64)) });

/**
 * Passes on what is a message.
 *
 * @param onWrong Called with what is none.
 */
export function checkedMessages(onNotification: OnNotification, onWrong: (message: unknown) => void): OnNotification {
  return (message, length) => v.is(MESSAGE, message) ? onNotification(message, length) : onWrong(message);
}

/** Returns the permissions that a host has returned; `undefined` if they are none. */
export function checkedPermissions(result: unknown): readonly PendingPermission[] | undefined {
  const parsed = v.safeParse(PERMISSIONS, result);
  return parsed.success ? parsed.output : undefined;
}

/** Returns the version that a host has told; `undefined` if it is none. */
export function checkedVersion(result: unknown): string | undefined {
  return v.is(STATUS, result) ? result.version : undefined;
}

function hasShortNames({ id, name, path, model, permission_mode, claude_session_id, tmux_session }: Session): boolean {
  return areShort(id, name, path, model ?? "", permission_mode, claude_session_id, tmux_session ?? "");
}

function isShort({ id, session, tool_name }: PendingPermission): boolean {
  return areShort(id, session, tool_name);
}

function areShort(...texts: readonly string[]): boolean {
  return texts.every((text) => text.length <= MAX_NAME);
}

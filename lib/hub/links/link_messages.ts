/**
 * What a host says of its own accord. A host that dials has proven which one it is, and nothing more: what is no message
 * must not disturb those who follow other hosts, too.
 *
 * @module
 */

import * as v from "valibot";
import type { OnNotification } from "../hub_line.ts";
import { count, event, permission, session } from "../schemas.ts";

/** The messages of a follower; those of an unknown type are none. */
const MESSAGE = v.variant("type", [
  v.object({
    type: v.literal("snapshot"),
    sessions: v.array(session),
    permissions: v.array(permission),
    partial: v.record(v.string(), v.string()),
    last_event: count,
  }),
  v.object({ type: v.literal("event"), event }),
  v.object({ type: v.literal("session"), session }),
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

/**
 * Passes on what is a message.
 *
 * @param onWrong Called with what is none.
 */
export function checkedMessages(onNotification: OnNotification, onWrong: (message: unknown) => void): OnNotification {
  return (message) => v.is(MESSAGE, message) ? onNotification(message) : onWrong(message);
}

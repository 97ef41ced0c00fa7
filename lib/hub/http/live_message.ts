/**
 * What clients of live events receive, as a schema: for the description of the hub's web address.
 *
 * @module
 */

import * as v from "valibot";
import type { FollowMessage } from "../hub_client.ts";
import { hostNotice } from "../host_schemas.ts";
import { projectNotice } from "../project_schemas.ts";
import { remoteNotice } from "../remote_schemas.ts";
import { count, event, permission, type Schema, session } from "../schemas.ts";

/** A message of the live events. */
export const liveMessage: Schema<FollowMessage> = v.union([
  v.object({
    type: v.literal("snapshot"),
    host: v.exactOptional(v.string()),
    sessions: v.array(session),
    permissions: v.array(permission),
    partial: v.record(v.string(), v.string()),
    last_event: count,
    last_events: v.exactOptional(v.record(v.string(), count)),
  }),
  v.object({ type: v.literal("event"), event }),
  v.object({
    type: v.literal("delta"),
    session: v.string(),
    text: v.exactOptional(v.string()),
    thinking: v.exactOptional(v.string()),
  }),
  v.object({ type: v.literal("session"), session }),
  v.object({ type: v.literal("removed"), session: v.string() }),
  projectNotice,
  remoteNotice,
  hostNotice,
]);

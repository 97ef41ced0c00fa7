/**
 * What those who may only look see of remote control. Whoever has the link of an instance, or the id of its environment or
 * session, can steer its agents: they are like passwords, and are for those who may change something.
 *
 * @module
 */

import type { Instance } from "../remote/types.ts";
import type { Caller } from "./caller.ts";
import type { HubNotice } from "./hub_client.ts";

/** Returns an instance as somebody may see it. */
export function shownInstance(instance: Instance, { isViewer }: Pick<Caller, "isViewer">): Instance {
  return isViewer ? { ...instance, url: null, session_url: null, environment_id: null } : instance;
}

/** Returns a notice as somebody may see it. */
export function shownNotice(notice: HubNotice, caller: Pick<Caller, "isViewer">): HubNotice {
  if (!("instance" in notice)) return notice;
  return { topic: notice.topic, instance: shownInstance(notice.instance, caller) };
}

/**
 * The sessions as Home shows them: filtered, and grouped by what they do.
 *
 * @module
 */

import type { Session } from "../../sessions/types.ts";
import { hasWords, wordsOf } from "./project_filter.ts";

/** What the sessions of a group do. */
export type GroupName = "active" | "waiting" | "idle" | "interactive" | "stopped";

/** What is read of a session. */
export type GroupedSession = Pick<
  Session,
  "name" | "host" | "path" | "mode" | "status" | "model" | "created_at" | "updated_at"
>;

/** Sessions that do the same. */
export interface SessionGroup<S extends GroupedSession = Session> {
  /** What they do. */
  readonly name: GroupName;
  /** The sessions. */
  readonly sessions: readonly S[];
}

/** All groups, in the order in which they are shown. */
export const GROUPS: readonly GroupName[] = ["active", "waiting", "idle", "interactive", "stopped"];

/** Returns the group of a session. */
export function groupOf({ mode, status }: Pick<Session, "mode" | "status">): GroupName {
  switch (status) {
    case "stopped":
    case "error":
      return "stopped";
    case "waiting_permission":
      return "waiting";
    case "starting":
    case "active":
      return mode === "interactive" ? "interactive" : "active";
    case "idle":
      return mode === "interactive" ? "interactive" : "idle";
  }
}

/**
 * Returns the groups that have sessions.
 *
 * @param filter Words that must all occur in a session's name, directory, host or model.
 * @param onHost The host whose sessions are wanted. @default {all hosts}
 */
export function groupsOf<S extends GroupedSession>(
  sessions: Iterable<S>,
  filter: string,
  onHost?: string,
): SessionGroup<S>[] {
  const words = wordsOf(filter);
  const groups = new Map<GroupName, S[]>(GROUPS.map((name) => [name, []]));
  for (const session of sessions) {
    const { name, path, host, model } = session;
    if (onHost !== undefined && host !== onHost) continue;
    if (hasWords([name, path, host, model], words)) groups.get(groupOf(session))!.push(session);
  }
  return GROUPS.map((name) => ({ name, sessions: groups.get(name)!.sort(ORDERS[name]) }))
    .filter(({ sessions }) => sessions.length > 0);
}

type Order = (a: GroupedSession, b: GroupedSession) => number;

const byCreation: Order = (a, b) => b.created_at.localeCompare(a.created_at) || a.name.localeCompare(b.name);
const byChange: Order = (a, b) => b.updated_at.localeCompare(a.updated_at) || a.name.localeCompare(b.name);

/** Sessions that change all the time keep their places. */
const ORDERS: Readonly<Record<GroupName, Order>> = {
  active: byCreation,
  waiting: byCreation,
  idle: byChange,
  interactive: byCreation,
  stopped: byChange,
};

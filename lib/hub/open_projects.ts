/**
 * The projects of a hub, with what its sessions tell about them.
 *
 * @module
 */

import type { ProjectsOptions, WorkingAgent } from "../projects/project_options.ts";
import { Projects } from "../projects/projects.ts";
import type { Sessions } from "../sessions/sessions.ts";

/** How many of the newest changes of a session's status are looked through for its last start. */
const LATEST_STATUSES = 100;

/** What projects are opened with. */
export interface OpenProjectsOptions extends Omit<ProjectsOptions, "agents" | "sessionOf"> {
  /** The sessions. */
  readonly sessions: Sessions;
  /** Returns where remote control runs, and since when, in milliseconds since the epoch. */
  readonly instances: () => readonly { readonly path: string; readonly startedAt: number }[];
}

/** Opens the projects; nothing is looked at yet. */
export function openProjects({ sessions, instances, ...options }: OpenProjectsOptions): Projects {
  return new Projects({
    ...options,
    agents: () => [
      ...sessions.list({ active: true }).map(({ id, path }) => working(sessions, id, path)),
      ...instances().map(({ path, startedAt }) => ({ isSession: false, path, startedAt: () => startedAt })),
    ],
    sessionOf: (worktree) => sessions.list().find((session) => session.worktree?.path === worktree)?.id,
  });
}

function working(sessions: Sessions, id: string, path: string): WorkingAgent {
  return { isSession: true, path, startedAt: () => lastStart(sessions, id) };
}

/** Returns when the agent of a session was last started. */
function lastStart(sessions: Sessions, id: string): number {
  const newest = { types: ["status"], before: Number.MAX_SAFE_INTEGER, limit: LATEST_STATUSES };
  const start = sessions.events(id, newest).findLast(({ subtype }) => subtype === "starting");
  return Date.parse(start?.at ?? sessions.get(id).created_at);
}

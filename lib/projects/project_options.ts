/**
 * What the projects of a hub work with.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import type { Clock } from "../system/clock.ts";
import type { ProjectPlace } from "./project_root.ts";
import type { ProjectTopics } from "./project_watch.ts";
import type { UsageSummary } from "./types.ts";

/** An agent that runs in a directory. */
export interface WorkingAgent {
  /** Whether it is a session, and not another kind of agent. */
  readonly isSession: boolean;
  /** The directory in which it works, without symlinks. */
  readonly path: string;
  /** Returns when it was started, in milliseconds since the epoch. */
  startedAt(): number;
}

/** Options of the projects. */
export interface ProjectsOptions {
  /** The directory of the projects, absolute; `undefined` if there is none. */
  readonly root: string | undefined;
  /** The user's home directory, where the agent CLI keeps its files. */
  readonly home: string;
  /** Whether agents in a directory may run without permissions. */
  readonly allowsBypass: (path: string) => boolean;
  /** The connection to the daemon, which runs git. */
  readonly line: DaemonLine;
  /** Who is told of changes. */
  readonly topics: ProjectTopics;
  /** Returns the agents that run. @default {none} */
  readonly agents?: () => readonly WorkingAgent[];
  /** Returns the id of the session for which a work tree was made, whether it runs or not. @default {none} */
  readonly sessionOf?: (worktree: string) => string | undefined;
  /** Returns the ids of the live remote-control instances of a project. @default {none} */
  readonly remoteOf?: (name: string) => readonly string[];
  /** Returns what was used in a project, if that is known already. @default {unknown} */
  readonly usageOf?: (place: ProjectPlace) => UsageSummary | undefined;
  /** The source of time. */
  readonly clock: Clock;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

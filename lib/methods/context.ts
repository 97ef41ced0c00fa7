/**
 * What methods are given: the daemon they work for and the client that asks.
 *
 * @module
 */

import type { FollowOptions, ManagedProcess } from "../process/managed_process.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import type { Subscription } from "../process/subscription.ts";

/** The client that asks. */
export interface ClientContext {
  /** Aborted when its connection is gone. */
  readonly signal: AbortSignal;
  /** Processes that this client has asked for and that are still to be started, by id. */
  readonly starting: Map<string, Promise<unknown>>;
  /** Settles when it has room for more of what it asked for; at once unless it does not read. */
  room(): Promise<void>;
  /** Sends it what a process gives. */
  follow(process: ManagedProcess, options: Omit<FollowOptions, "onReadable">): Subscription;
}

/** The daemon that is asked. */
export interface DaemonContext {
  /** The version's id, as `server.version` tells it. */
  readonly version: string;
  /** Its processes. */
  readonly supervisor: ReplaySupervisor;
  /** What methods count. */
  readonly counters: { reattaches: number; stdinBytes: number };
  /** The home directory that `~` stands for; `undefined` or `""` when unknown. */
  readonly home: string | undefined;
  /** The cap on what an archive may hold, in bytes; 0 for none. */
  readonly maxExtractBytes: number;
  /** Whether the runtime lets a worker have fewer permissions than its maker. */
  readonly canNarrowWorkers: boolean;
  /** How long a git may take, in milliseconds; 0 for no limit. */
  readonly gitTimeoutMs: number;
  /** The variables that children get over the daemon's own; a promise while the login PATH is being asked for. */
  childEnvironment(): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** Begins the graceful stop. */
  shutdown(): void;
}

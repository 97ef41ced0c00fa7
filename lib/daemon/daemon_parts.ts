/**
 * The parts that a daemon is made of.
 *
 * @module
 */

import type { Generation } from "../contract/generation.ts";
import type { ExtractPool } from "../files/extract_pool.ts";
import type { ConnectedPredecessors } from "../handover/predecessors.ts";
import type { DaemonInstance } from "../methods/context.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import type { Clock } from "../system/clock.ts";
import type { Logger } from "../system/log.ts";
import type { DaemonPaths } from "../system/paths.ts";
import type { PrivateSocket } from "../system/private_socket.ts";
import type { Pause } from "../system/turns.ts";
import type { SettledChildren } from "./children/child_settings.ts";
import type { ChildEnvironment } from "./launch/child_environment.ts";
import type { Counters } from "./observe/counters.ts";
import type { WireLog } from "./observe/wire_log.ts";
import type { DaemonLogs } from "./optional_parts.ts";
import type { DaemonLock } from "./ownership/lock.ts";

/** The parts of a daemon. It owns them, and disposes of them when it stops. */
export interface DaemonParts {
  /** The paths of its files. */
  readonly paths: DaemonPaths;
  /** The lock that it holds. */
  readonly lock: DaemonLock;
  /** The socket that it listens on. */
  readonly socket: PrivateSocket;
  /** The token that requests must carry. */
  readonly token: string;
  /** The token of the daemon that handed over to it; `""` if none did. */
  readonly formerToken: string;
  /** The id that `server.version` returns. */
  readonly version: string;
  /** The generation of the contract that it serves. */
  readonly generation: Generation;
  /** This run of it. */
  readonly instance: DaemonInstance;
  /** Its processes. */
  readonly supervisor: ReplaySupervisor;
  /** The counters of its metrics. */
  readonly counters: Counters;
  /** Lets other connections have their turn in long work. */
  readonly pause: Pause;
  /** The environment variables of its processes. */
  readonly childEnvironment: ChildEnvironment;
  /** What its processes get in addition; absent if its generation does not settle them. */
  readonly childSettings: SettledChildren | undefined;
  /** Extracts archives. */
  readonly extractions: Pick<ExtractPool, "extract"> & Disposable;
  /** The logs of its processes. */
  readonly logs: DaemonLogs;
  /** How long a git command may take, in milliseconds; 0 for no limit. */
  readonly gitTimeoutMs: number;
  /** Whether its processes survive when it stops. */
  readonly keepsChildren: boolean;
  /** The address that its metrics are served on; `""` for none. */
  readonly metricsAddress: string;
  /** Whether it also serves a named pipe on Windows. */
  readonly listensOnPipe: boolean;
  /** The log of its frames, if it keeps one. */
  readonly wireLog: WireLog | undefined;
  /** Connects to the daemons that have retired. */
  readonly connectPredecessors: () => Promise<ConnectedPredecessors | undefined>;
  /** The daemons that have retired, as {@linkcode DaemonParts.connectPredecessors} found them. */
  readonly predecessors: ConnectedPredecessors | undefined;
  /** Its log. */
  readonly log: Logger;
  /** The source of time. */
  readonly clock: Clock;
}

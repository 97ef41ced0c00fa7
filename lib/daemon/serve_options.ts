/**
 * What `serve()` takes, and the daemon that it returns.
 *
 * @module
 */

import type { GenerationName } from "../contract/generation.ts";
import type { Clock } from "../system/clock.ts";
import type { Logger } from "../system/log.ts";

/** Options of `serve()`. */
export interface ServeOptions {
  /** The path of the socket. Its directory is created when it does not exist. */
  readonly socket: string;
  /** The token that every request must carry. */
  readonly token: string;
  /** The log of the daemon. @default {silentLogger} */
  readonly log?: Logger;
  /**
   * What happens to a daemon that already serves this socket. With `"refuse"`, it stays and `serve()` throws. With
   * `"replace"`, it is asked to stop, with its processes, and killed after ten seconds. With `"handover"`, it is asked
   * to retire: it keeps its processes, and the new daemon relays requests for them to it.
   *
   * @default {"refuse"}
   */
  readonly existing?: ExistingDaemon;
  /** Whether processes get the `PATH` of the user's login shell. @default {true} */
  readonly useLoginPath?: boolean;
  /** Whether processes survive when the daemon stops, without their stdio. Not on Windows. @default {false} */
  readonly keepChildren?: boolean;
  /** The version that `server.version` returns. @default {the version of this package} */
  readonly version?: string;
  /** The generation of the contract to serve, `"seed"` or `"next"`. @default {"seed"} */
  readonly contract?: GenerationName;
  /** The capacity of each replay buffer, in bytes. @default {16777216} */
  readonly replayBytes?: number;
  /** The largest total size of an extracted archive, in bytes; 0 for no limit. @default {536870912} */
  readonly maxExtractBytes?: number;
  /** How long a git command may take, in milliseconds; 0 for no limit. @default {60000} */
  readonly gitTimeoutMs?: number;
  /** Whether to serve a named pipe in addition to the socket; Windows only. @default {false} */
  readonly listenPipe?: boolean;
  /** The address that Prometheus metrics are served on, as `host:port`. @default {none} */
  readonly metricsAddress?: string;
  /**
   * A file that every frame is appended to, with strings cut to `maxString` bytes (0 for whole frames).
   *
   * @default {none}
   */
  readonly wireLog?: { readonly path: string; readonly maxString?: number };
  /**
   * A directory in which the output of every process is kept in rotated files. Without it, only processes that are
   * started with a log have one, in the directory `logs` beside the socket.
   *
   * @default {none}
   */
  readonly logDirectory?: string;
  /** The source of time. @default {systemClock} */
  readonly clock?: Clock;
}

/** What happens to a daemon that already serves the socket. */
export type ExistingDaemon = "refuse" | "replace" | "handover";

/** What the launcher and the program know about the process that serves, in addition to the caller's options. */
export interface ProcessFacts {
  /**
   * A path in the same directory that the socket is bound to before it is moved to its own path. It needs the net
   * permission `unix:<path>`, and no two daemons may use the same one. Without it, the socket's path does not exist
   * for a moment when one daemon replaces another.
   *
   * @default {a new name, if the program has the permission to listen on it}
   */
  readonly stagingPath?: string | undefined;
  /**
   * How many descriptors a process may have open. The runtime raises its own limit, which processes would inherit.
   *
   * @default {the limit of this program}
   */
  readonly maxDescriptors?: number | undefined;
  /**
   * Whether the runtime was started with `--unstable-worker-options`. If so, the worker that extracts archives gets
   * only the permissions that it needs.
   *
   * @default {false}
   */
  readonly canNarrowWorkers?: boolean;
}

/** A daemon that runs in this program. */
export interface Daemon extends AsyncDisposable {
  /** The path of its socket. */
  readonly socket: string;
  /** The sockets of the retired daemons that it relays to. */
  readonly relaysTo: readonly string[];
  /** Settles when it has stopped, for whatever reason. */
  readonly finished: Promise<void>;
  /** Stops it gracefully: kills its processes, closes its connections and removes its files. */
  shutdown(options?: ShutdownOptions): Promise<void>;
}

/** Options of {@linkcode Daemon.shutdown}. */
export interface ShutdownOptions {
  /**
   * How long processes may take to obey SIGTERM before they are sent SIGKILL, in milliseconds; at most a second. With
   * 0 they are killed at once.
   *
   * @default {0}
   */
  readonly graceMs?: number;
}

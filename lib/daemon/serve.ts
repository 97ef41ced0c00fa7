/**
 * `serve()`: starts a daemon in this program (contract: Daemon life).
 *
 * @module
 */

import { readDaemonToken } from "../client/daemon_token.ts";
import { DEFAULT_SETTINGS } from "../config/settings.ts";
import { ReplaySupervisor } from "../process/supervisor.ts";
import { wireFrameCodec } from "../rpc/stream_frames.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { type Logger, silentLogger } from "../system/log.ts";
import { type DaemonPaths, daemonPaths } from "../system/paths.ts";
import { removeTemporaries } from "../system/private_files.ts";
import type { Pause } from "../system/turns.ts";
import { versionId } from "../version.ts";
import { fairShare } from "./connection/fair_share.ts";
import { childEnvironment } from "./launch/child_environment.ts";
import { type Counters, countingEvents, newCounters } from "./observe/counters.ts";
import { processLog } from "./observe/process_log.ts";
import {
  askToRetire,
  connectPredecessors,
  extractionsOnDemand,
  openWireLogIfWanted,
  retiredSockets,
} from "./optional_parts.ts";
import { preparePrivateDirectory } from "../system/private_directory.ts";
import { acquireLock, type DaemonLock } from "./ownership/lock.ts";
import {
  listenPrivately,
  mayListen,
  newStagingPath,
  type PrivateSocket,
  removeStagedSockets,
} from "../system/private_socket.ts";
import { persistToken } from "./ownership/token.ts";
import { type DaemonParts, type RunningDaemon, startDaemon } from "./running_daemon.ts";

/** Options of {@linkcode serve}. */
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

/**
 * Starts a daemon in this program. It runs until it is shut down, which a client can also do with `server.shutdown`.
 *
 * Permissions: `net` for `unix:` and the path of the socket; `write` for its directory, and for what clients extract;
 * `read`, `run` and `env` for what clients ask for, and for the login shell; `sys` for the umask, which cannot be
 * allowed alone, and the user's id. A request that lacks one is answered with an error that names it.
 *
 * @throws {TypeError} If the token is empty.
 * @throws {ServeError} If another daemon uses the directory, the directory belongs to another user or is writable by
 * others, the socket cannot be bound, or the wire log cannot be opened.
 *
 * @example
 * ```ts
 * import { serve } from "./serve.ts";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using daemon = await serve({ socket: `${directory}/rpc.sock`, token: "secret", useLoginPath: false });
 *   console.log("listening on", daemon.socket);
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export function serve(options: ServeOptions): Promise<Daemon> {
  return serveWith(options, {});
}

/** Starts a daemon like {@linkcode serve}, in a process whose properties are known. */
export async function serveWith(options: ServeOptions, facts: ProcessFacts): Promise<Daemon> {
  if (options.token === "") throw new TypeError("Cannot serve: token is empty");
  const paths = daemonPaths(options.socket);
  await preparePrivateDirectory(paths.directory);
  await using starting = new AsyncDisposableStack();
  const parts = await acquireParts(paths, options, facts, starting);
  const running = await startDaemon(parts);
  starting.move();
  await announce(running, parts);
  return {
    socket: paths.socket,
    relaysTo: parts.predecessors?.sockets ?? [],
    finished: running.finished,
    shutdown: ({ graceMs } = {}) => running.shutdown(graceMs),
    [Symbol.asyncDispose]: () => running.shutdown(),
  };
}

/**
 * Acquires the parts of a daemon.
 *
 * @param acquired Disposes of the parts if the daemon does not start.
 */
async function acquireParts(
  paths: DaemonPaths,
  options: ServeOptions,
  facts: ProcessFacts,
  acquired: AsyncDisposableStack,
): Promise<DaemonParts> {
  const { token, log = silentLogger, clock = systemClock, existing = "refuse", useLoginPath = true } = options;
  const wireLog = await openWireLogIfWanted(options, log, clock);
  if (wireLog !== undefined) acquired.use(wireLog);
  const formerToken = existing === "handover" ? await readDaemonToken(paths.socket) : "";
  const lock = acquired.use(await takeLock(paths, existing, clock));
  await removeTemporaries(paths.token);
  await removeStagedSockets(paths.directory);
  const environment = childEnvironment(useLoginPath, log);
  const processes = startSupervisor({ ...options, ...facts }, log, clock);
  acquired.use(processes.supervisor);
  const connect = () =>
    connectPredecessors({ directory: paths.retired, instanceId: lock.instanceId, clock, log }, processes.supervisor);
  const predecessors = await connect();
  if (predecessors !== undefined) acquired.use(predecessors);
  const socket = await listenAt(paths, facts);
  acquired.defer(() => socket.close(Promise.resolve(), true));
  await persistToken(paths, token, log);
  return {
    ...{ paths, lock, socket, formerToken, wireLog, predecessors, log, clock },
    ...processes,
    ...resolvedOptions(options, facts),
    childEnvironment: environment,
    connectPredecessors: connect,
  };
}

/** Makes the daemon reachable. Writing the lock record is the last step: it announces that the daemon is ready. */
async function announce(running: RunningDaemon, { socket, lock }: DaemonParts): Promise<void> {
  try {
    await socket.publish();
    lock.record();
  } catch (error) {
    await running.shutdown();
    throw error;
  }
}

async function takeLock(paths: DaemonPaths, existing: ExistingDaemon, clock: Clock): Promise<DaemonLock> {
  return await acquireLock(paths, {
    takesOver: existing !== "refuse",
    clock,
    kill: signalIfRunning,
    askToRetire: existing === "handover" ? () => askToRetire(paths.socket) : undefined,
  });
}

/** Binds the socket. The socket of a daemon that has handed over stays at the public path until this one replaces it. */
async function listenAt(paths: DaemonPaths, facts: ProcessFacts): Promise<PrivateSocket> {
  const stagingPath = facts.stagingPath ?? newStagingPath(paths);
  return await listenPrivately(paths.socket, {
    stagingPath: stagingPath !== undefined && mayListen(stagingPath) ? stagingPath : undefined,
    replaceable: await retiredSockets(paths.retired),
  });
}

interface Processes {
  readonly supervisor: ReplaySupervisor;
  readonly counters: Counters;
  readonly pause: Pause;
}

function startSupervisor(
  { maxDescriptors, replayBytes }: ServeOptions & ProcessFacts,
  log: Logger,
  clock: Clock,
): Processes {
  const counters = newCounters();
  const pause = fairShare();
  const supervisor = new ReplaySupervisor({
    codec: wireFrameCodec,
    events: countingEvents(counters, processLog(log)),
    pause,
    clock,
    maxDescriptors,
    ...(replayBytes === undefined ? {} : { replayBytes }),
  });
  return { supervisor, counters, pause };
}

type ResolvedOptions = Pick<
  DaemonParts,
  "token" | "version" | "extractions" | "gitTimeoutMs" | "keepsChildren" | "metricsAddress" | "listensOnPipe"
>;

function resolvedOptions(options: ServeOptions, facts: ProcessFacts): ResolvedOptions {
  return {
    token: options.token,
    version: options.version ?? versionId(),
    extractions: extractionsOnDemand({
      maxBytes: options.maxExtractBytes ?? DEFAULT_SETTINGS["max-extract-bytes"],
      canNarrow: facts.canNarrowWorkers ?? false,
    }),
    gitTimeoutMs: options.gitTimeoutMs ?? DEFAULT_SETTINGS["git-timeout"],
    keepsChildren: options.keepChildren ?? false,
    metricsAddress: options.metricsAddress ?? "",
    listensOnPipe: options.listenPipe ?? false,
  };
}

function signalIfRunning(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // The process has ended by itself.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

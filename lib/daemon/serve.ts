/**
 * The daemon, within this program: listens, authenticates, answers, supervises, stops (contract: Daemon life).
 *
 * @module
 */

import { DEFAULT_SETTINGS } from "../config/settings.ts";
import { readTokenBeside } from "../client/token_beside.ts";
import { ExtractPool } from "../files/extract_pool.ts";
import type { FoundPredecessors } from "../handover/predecessors.ts";
import type { Gate } from "../handover/gate.ts";
import type { Retirement } from "../handover/retire.ts";
import type { Admit, DaemonContext } from "../methods/context.ts";
import { ReplaySupervisor } from "../process/supervisor.ts";
import { tokenChecker } from "../rpc/dispatch.ts";
import { wireFrameCodec } from "../rpc/stream_frames.ts";
import { type Clock, happensWithin, systemClock } from "../system/clock.ts";
import { type DaemonPaths, daemonPaths } from "../system/paths.ts";
import { removeTemporaries } from "../system/private_files.ts";
import { versionId } from "../version.ts";
import { acceptAll } from "./connection/accept.ts";
import { type ChildEnvironment, childEnvironment } from "./launch/child_environment.ts";
import { type Connection, serveConnection } from "./connection/connection.ts";
import { type Counters, countingEvents, newCounters } from "./observe/counters.ts";
import { preparePrivateDirectory } from "./ownership/directory.ts";
import { daemonDispatcher, daemonMethods } from "./dispatcher.ts";
import { fairShare } from "./connection/fair_share.ts";
import { acquireLock, type DaemonLock, readLockRecord } from "./ownership/lock.ts";
import { type Logger, silentLogger } from "../system/log.ts";
import { watchOrphan } from "./ownership/orphan_watch.ts";
import {
  admitAfterHandover,
  askOther,
  findOthers,
  openWireLogOf,
  servePipeOfWindows,
  socketsOfRetired,
} from "./lazy_parts.ts";
import type { ByteStream } from "../system/io.ts";
import { processLog } from "./observe/process_log.ts";
import {
  type DaemonSocket,
  identityOf,
  listenPrivately,
  mayListen,
  newStagingPath,
  removeStagedSockets,
} from "./ownership/socket.ts";
import { generateToken, persistToken, removePersistedToken } from "./ownership/token.ts";
import type { WireLog } from "./observe/wire_log.ts";

/** How long the graceful stop may take to end the processes, in milliseconds; it is over within two seconds. */
const STOP_MS = 1_500;
/** How much of that SIGKILL needs, in milliseconds. */
const KILL_MS = 500;

/** How long requests in flight may keep the next daemon from those that have retired before, in milliseconds. */
const LEAVE_MS = 500;

/** How a daemon is to be. */
export interface ServeOptions {
  /** The path of the socket; its directory is made when it is missing. */
  readonly socket: string;
  /** The token that every request must carry. */
  readonly token: string;
  /** Where its log lines go. @default {nowhere} */
  readonly log?: Logger;
  /**
   * What happens to a daemon that already serves this socket. With `"refuse"`, it stays and `serve()` throws. With
   * `"replace"`, it is asked to stop, with its processes, and killed after ten seconds. With `"handover"`, it is asked
   * to retire: it keeps its processes, and the new daemon relays to it. @default {"refuse"}
   */
  readonly existing?: ExistingDaemon;
  /** Whether children get the PATH of the user's login shell. @default {true} */
  readonly useLoginPath?: boolean;
  /** Whether processes live on when it stops; they lose their stdio. Not on Windows. @default {false} */
  readonly keepChildren?: boolean;
  /** What `server.version` tells. @default {the version of this package} */
  readonly version?: string;
  /** The cap of each replay buffer, in bytes. @default {16777216} */
  readonly replayBytes?: number;
  /** The cap on what an archive may hold, in bytes; 0 for none. @default {536870912} */
  readonly maxExtractBytes?: number;
  /** How long a git may take, in milliseconds; 0 for no limit. @default {60000} */
  readonly gitTimeoutMs?: number;
  /** Whether a named pipe is served too; Windows only. @default {false} */
  readonly listenPipe?: boolean;
  /** Where Prometheus counters are served, `host:port`. @default {nowhere} */
  readonly metricsAddress?: string;
  /** A file that every frame is appended to, and how many bytes of a string it keeps (0 for whole frames). @default {none} */
  readonly wireLog?: { readonly path: string; readonly maxString?: number };
  /** The source of time. */
  readonly clock?: Clock;
}

/** What happens to a daemon that already serves the socket. */
export type ExistingDaemon = "refuse" | "replace" | "handover";

/** What the launcher and the program know about the process that serves, in addition to the caller's options. */
export interface ProcessFacts {
  /**
   * The name that the socket is bound with before it is moved to its path, in the same directory. Needs the net
   * permission `unix:<the name>`, and no two daemons may use the same one. Without it the path is unlinked for a
   * moment when one daemon follows another. @default {a new name, where the program may listen on it}
   */
  readonly stagingPath?: string | undefined;
  /** How many descriptors a process may have open; the runtime raises its own limit. @default {as many as the program} */
  readonly maxDescriptors?: number | undefined;
  /** Whether the runtime was started with `--unstable-worker-options`; the worker that extracts then gets no more permissions than it needs. @default {false} */
  readonly canNarrowWorkers?: boolean;
}

/** A daemon that runs in this program. */
export interface Daemon extends AsyncDisposable {
  /** The path of its socket. */
  readonly socket: string;
  /** The sockets of the daemons that have retired and that it relays to. */
  readonly relaysTo: readonly string[];
  /** Settles when it has stopped, for whatever reason. */
  readonly finished: Promise<void>;
  /** Stops it gracefully: no new connections, children killed, connections closed, files removed. */
  shutdown(options?: ShutdownOptions): Promise<void>;
}

/** How a daemon is stopped. */
export interface ShutdownOptions {
  /**
   * How long processes may take to obey SIGTERM before SIGKILL, in milliseconds; at most a second. With 0 they are
   * killed at once. @default {0}
   */
  readonly graceMs?: number;
}

/**
 * Starts a daemon in this program. It runs until it is shut down, by `server.shutdown` too.
 *
 * Permissions: `net` for `unix:` and the path of the socket; `write` for its directory, and for what clients extract;
 * `read`, `run` and `env` for what clients ask for, and for the login shell; `sys` for the umask, which cannot be
 * allowed alone, and the user's id. A request that lacks one is answered with an error that names it.
 *
 * @throws {TypeError} If the token is empty.
 * @throws {ServeError} If the directory is taken by another daemon, is not ours or
 * may be written by others, the socket cannot be listened on, or the wire log cannot be opened.
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
  const { token, log = silentLogger, clock = systemClock, existing = "refuse", useLoginPath = true } = options;
  if (token === "") throw new TypeError("Cannot serve: token is empty");
  const paths = daemonPaths(options.socket);
  await preparePrivateDirectory(paths.directory);
  await using starting = new AsyncDisposableStack();
  const wireLog = await openWireLogOf(options, log, clock);
  if (wireLog !== undefined) starting.use(wireLog);
  const takesOver = existing !== "refuse";
  const formerToken = existing === "handover" ? await readTokenBeside(paths.socket) : "";
  const askToRetire = existing === "handover" ? () => askOther(paths.socket) : undefined;
  const lock = starting.use(await acquireLock(paths, { takesOver, clock, kill: signalIfThere, askToRetire }));
  await removeTemporaries(paths.token);
  await removeStagedSockets(paths.directory);
  const environment = childEnvironment(useLoginPath, log);
  const processes = startSupervisor({ ...options, ...facts }, log, clock);
  starting.use(processes.supervisor);
  const find = () =>
    findOthers({ directory: paths.retired, instanceId: lock.instanceId, clock, log }, processes.supervisor);
  const others = await find();
  if (others !== undefined) starting.use(others);
  const socket = await listenAt(paths, facts);
  starting.defer(() => socket.close(Promise.resolve(), true));
  await persistToken(paths, token, log);
  const parts = { paths, lock, socket, environment, wireLog, ...processes, others, find, formerToken, facts };
  const daemon = await startDaemon({ ...parts, log, clock, options });
  starting.move();
  try {
    await socket.publish();
    // The last step: it tells that the daemon serves.
    lock.record();
  } catch (error) {
    await daemon.shutdown();
    throw error;
  }
  return daemon;
}

/** Binds the socket; one that a daemon has handed over lies at its path until ours is published. */
async function listenAt(paths: DaemonPaths, facts: ProcessFacts): Promise<DaemonSocket> {
  const stagingPath = facts.stagingPath ?? newStagingPath(paths);
  return await listenPrivately(paths.socket, {
    stagingPath: stagingPath !== undefined && mayListen(stagingPath) ? stagingPath : undefined,
    replaceable: await socketsOfRetired(paths.retired),
  });
}

interface Processes {
  readonly supervisor: ReplaySupervisor;
  readonly counters: Counters;
  readonly pause: () => Promise<void> | undefined;
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

interface Parts extends Processes {
  readonly paths: DaemonPaths;
  readonly lock: DaemonLock;
  readonly socket: DaemonSocket;
  readonly environment: ChildEnvironment;
  readonly wireLog: WireLog | undefined;
  readonly others: FoundPredecessors | undefined;
  readonly find: () => Promise<FoundPredecessors | undefined>;
  readonly formerToken: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly options: ServeOptions;
  readonly facts: ProcessFacts;
}

async function startDaemon(parts: Parts): Promise<Daemon> {
  const { paths, lock, socket, wireLog, supervisor, counters, pause, find, log, clock, options } = parts;
  const extractions = new ExtractPool({
    maxBytes: options.maxExtractBytes ?? DEFAULT_SETTINGS["max-extract-bytes"],
    canNarrow: parts.facts.canNarrowWorkers ?? false,
  });
  const connections = new Set<Connection>();
  const finished = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  let retiring: Promise<void> | undefined;
  let retirement: Retirement | undefined;
  let gate: Gate | undefined;
  let others = parts.others;
  const isInPlace = () => identityOf(paths.socket) === socket.identity;
  const admit = parts.formerToken === ""
    ? tokenChecker(options.token)
    : await admitAfterHandover(options.token, parts.formerToken, clock);

  const context: DaemonContext = {
    version: options.version ?? versionId(),
    supervisor,
    counters,
    home: Deno.env.get("HOME"),
    extractions,
    gitTimeoutMs: options.gitTimeoutMs ?? DEFAULT_SETTINGS["git-timeout"],
    childEnvironment: parts.environment,
    pause,
    get predecessors() {
      return others;
    },
    get isRetiring() {
      return retiring !== undefined;
    },
    get isStopping() {
      return stopping !== undefined;
    },
    keepsChildren: options.keepChildren ?? false,
    retire,
    shutdown: () => void shutdown(),
  };
  const methods = daemonMethods(context);
  // Loaded only where somebody wants it.
  const metrics = options.metricsAddress ? await import("./observe/metrics_server.ts") : undefined;
  const served = metrics?.serveDaemonMetrics({
    address: options.metricsAddress!,
    methods: methods.map(({ name }) => name),
    counters,
    supervisor,
    connections,
    startSeconds: clock.now() / 1000,
    log,
  });
  const isAuthorized: Admit = (token, client) => (gate?.admit ?? admit)(token, client);
  const dispatch = daemonDispatcher(methods, isAuthorized, log, served?.onAnswer);

  function shutdown({ graceMs = 0 }: ShutdownOptions = {}): Promise<void> {
    stopping ??= stop(Math.min(graceMs, STOP_MS - KILL_MS)).then(finished.resolve, finished.reject);
    return finished.promise;
  }

  async function stop(graceMs: number): Promise<void> {
    await retiring?.catch(() => {}); // whoever asked is told
    orphanWatch[Symbol.dispose]();
    // Between the daemons of a hand-over nobody may have the lock: then the place is still this one's.
    const ownsPlace = retirement === undefined || (isInPlace() && lock.tryAgain());
    await socket.close(accepting, ownsPlace);
    await pipe?.[Symbol.asyncDispose]();
    if (ownsPlace) await removePersistedToken(paths, log);
    await retirement?.end();
    extractions[Symbol.dispose]();
    await endProcesses(graceMs);
    for (const connection of connections) connection.close();
    await Promise.all([...connections].map((connection) => connection.closed));
    await others?.[Symbol.asyncDispose]();
    await served?.[Symbol.asyncDispose]();
    wireLog?.[Symbol.dispose]();
    lock[Symbol.dispose]();
  }

  async function endProcesses(graceMs: number): Promise<void> {
    if (options.keepChildren !== true) {
      const ended = graceMs > 0 ? supervisor.endAll(graceMs) : Promise.resolve();
      await happensWithin(ended.then(() => supervisor[Symbol.asyncDispose]()), STOP_MS, clock);
      return;
    }
    if (supervisor.running > 0) {
      log.info(
        `[Server] -keep-children: leaving ${supervisor.running} running child process(es) alive across shutdown`,
      );
    }
    supervisor.abandonAll();
  }

  function accept(conn: ByteStream): void {
    counters.connections++;
    const connection = serveConnection(conn, {
      dispatch,
      pause,
      clock,
      log,
      ...(wireLog === undefined ? {} : { wireLog, number: counters.connections }),
    });
    connections.add(connection);
    gate?.noteOpened(connection.client);
    void connection.closed.then(() => connections.delete(connection));
  }

  /** Gives up its place and keeps its processes; see `lib/handover`. */
  async function retire(): Promise<void> {
    if (Deno.build.os === "windows") throw new Error("a daemon cannot hand over on Windows");
    if (retiring !== undefined || stopping !== undefined) throw new Error("the daemon is going already");
    retiring = giveUpPlace();
    try {
      await retiring;
    } catch (error) {
      retiring = undefined;
      throw error;
    }
  }

  async function giveUpPlace(): Promise<void> {
    const handover = await import("../handover/retire.ts");
    try {
      retirement = await handover.retire({
        paths,
        instanceId: lock.instanceId,
        clock,
        log,
        makeToken: generateToken,
        isInPlace,
        finishConnections: () => void finishConnections(),
        useGate: (wanted) => gate = wanted,
        async withdraw() {
          orphanWatch[Symbol.dispose]();
          await served?.[Symbol.asyncDispose]();
          lock.release();
        },
        tryLock: () => lock.tryAgain(),
        async serveAgain() {
          await persistToken(paths, options.token, log);
          others = await find();
          orphanWatch = watch();
          lock.record();
        },
        successor: () => readLockRecord(paths.lock)?.instanceId,
        supervisor,
        stop: () => void shutdown(),
      }, () => {
        retirement = undefined;
        retiring = undefined;
      });
    } catch (error) {
      others ??= await find();
      throw error;
    }
  }

  /** Whoever comes next relays to the daemons that have retired before. */
  async function finishConnections(): Promise<void> {
    const left = others;
    others = undefined;
    const finishing = [...connections];
    for (const connection of finishing) connection.finish();
    await happensWithin(Promise.all(finishing.map(({ closed }) => closed)), LEAVE_MS, clock);
    await left?.[Symbol.asyncDispose]();
  }

  const watch = () =>
    watchOrphan({
      isReachable: isInPlace,
      isIdle: () => connections.size === 0 && supervisor.running === 0,
      onOrphaned: () => void shutdown(),
      clock,
    });
  let orphanWatch = watch();
  const pipe = Deno.build.os === "windows"
    ? await servePipeOfWindows(options.listenPipe ?? false, { paths, accept, log })
    : undefined;
  const accepting = acceptAll(socket.listener, accept, log, clock);
  const relaysTo = others?.sockets ?? [];
  return {
    socket: paths.socket,
    relaysTo,
    finished: finished.promise,
    shutdown,
    [Symbol.asyncDispose]: () => shutdown(),
  };
}

function signalIfThere(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // It went by itself.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * The daemon, within this program: listens, authenticates, answers, supervises, stops (daemon 2).
 *
 * @module
 */

import { DEFAULT_SETTINGS } from "../config/settings.ts";
import type { Retirement } from "../handover/retire.ts";
import type { DaemonContext } from "../methods/context.ts";
import { ReplaySupervisor } from "../process/supervisor.ts";
import { tokenChecker } from "../rpc/dispatch.ts";
import { wireFrameCodec } from "../rpc/stream_frames.ts";
import { type Clock, happensWithin, systemClock } from "../system/clock.ts";
import { type DaemonPaths, daemonPaths } from "../system/paths.ts";
import { removeTemporaries } from "../system/private_files.ts";
import { versionId } from "../version.ts";
import { acceptAll } from "./accept.ts";
import { type ChildEnvironment, childEnvironment } from "./child_environment.ts";
import { type Connection, serveConnection } from "./connection.ts";
import { countingEvents, newCounters } from "./counters.ts";
import { preparePrivateDirectory } from "./directory.ts";
import { daemonDispatcher, daemonMethods } from "./dispatcher.ts";
import { fairShare } from "./fair_share.ts";
import { acquireLock, type DaemonLock, readLockRecord } from "./lock.ts";
import { type Logger, silentLogger } from "./log.ts";
import { watchOrphan } from "./orphan_watch.ts";
import { askOther, findOthers, openWireLogOf, servePipeOfWindows } from "./on_demand.ts";
import type { Peer } from "./pipe.ts";
import { processLog } from "./process_log.ts";
import { closeListener, identityOf, listenPrivately } from "./socket.ts";
import { generateToken, persistToken, removePersistedToken } from "./token.ts";
import type { WireLog } from "./wire_log.ts";

/** How long the graceful stop waits for killed children, in milliseconds. */
const STOP_MS = 1_500;

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
  /** Whether a daemon that already serves this socket is asked to go, and killed after ten seconds. @default {false} */
  readonly takesOver?: boolean;
  /** Whether such a daemon is asked to retire instead: it keeps its processes, and this one relays to it. @default {false} */
  readonly handover?: boolean;
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
  /** How many descriptors a process may have open; the runtime raises its own limit. @default {as many as the program} */
  readonly maxDescriptors?: number | undefined;
  /** Where Prometheus counters are served, `host:port`. @default {nowhere} */
  readonly metricsAddress?: string;
  /** A file that every frame is appended to, and how many bytes of a string it keeps (0 for whole frames). @default {none} */
  readonly wireLog?: { readonly path: string; readonly maxString?: number };
  /** Whether the runtime was started with `--unstable-worker-options`; the worker that extracts then gets no more permissions than it needs. @default {false} */
  readonly canNarrowWorkers?: boolean;
  /** The source of time. */
  readonly clock?: Clock;
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
  shutdown(): Promise<void>;
}

/**
 * Starts a daemon in this program. It runs until it is shut down, by `server.shutdown` too.
 *
 * Permissions: `net` for `unix:` and the path of the socket; `write` for its directory, and for what clients extract;
 * `read`, `run` and `env` for what clients ask for, and for the login shell; `sys` for the umask, which cannot be
 * allowed alone, and the user's id. A request that lacks one is answered with an error that names it.
 *
 * @throws {Error} If the token is empty, the directory is taken by another daemon, is not ours or
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
export async function serve(options: ServeOptions): Promise<Daemon> {
  const { token, log = silentLogger, clock = systemClock, takesOver = false, useLoginPath = true } = options;
  if (token === "") throw new TypeError("Cannot serve: token is empty");
  const paths = daemonPaths(options.socket);
  await preparePrivateDirectory(paths.directory);
  await using starting = new AsyncDisposableStack();
  const wireLog = await openWireLogOf(options, log, clock);
  if (wireLog !== undefined) starting.use(wireLog);
  const askToRetire = options.handover === true ? () => askOther(paths.socket) : undefined;
  const lock = starting.use(await acquireLock(paths, { takesOver, clock, kill: signalIfThere, askToRetire }));
  await removeTemporaries(paths.token);
  const environment = childEnvironment(useLoginPath, log);
  const listener = await listenPrivately(paths.socket);
  starting.defer(() => listener.close());
  await persistToken(paths, token, log);
  const daemon = await startDaemon({ paths, lock, listener, environment, wireLog, log, clock, options });
  starting.move();
  try {
    // The last step: it tells that the daemon serves.
    lock.record();
  } catch (error) {
    await daemon.shutdown();
    throw error;
  }
  return daemon;
}

interface Parts {
  readonly paths: DaemonPaths;
  readonly lock: DaemonLock;
  readonly listener: Deno.UnixListener;
  readonly environment: ChildEnvironment;
  readonly wireLog: WireLog | undefined;
  readonly log: Logger;
  readonly clock: Clock;
  readonly options: ServeOptions;
}

async function startDaemon(parts: Parts): Promise<Daemon> {
  const { paths, lock, listener, wireLog, log, clock, options } = parts;
  const own = identityOf(paths.socket);
  const counters = newCounters();
  const pause = fairShare();
  const supervisor = new ReplaySupervisor({
    codec: wireFrameCodec,
    events: countingEvents(counters, processLog(log)),
    pause,
    clock,
    maxDescriptors: options.maxDescriptors,
    ...(options.replayBytes === undefined ? {} : { replayBytes: options.replayBytes }),
  });
  const connections = new Set<Connection>();
  const finished = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  let retirement: Retirement | undefined;
  let isRetiring = false;
  let isAuthorized = tokenChecker(options.token);

  const find = () => findOthers({ directory: paths.retired, instanceId: lock.instanceId, clock, log }, supervisor);
  let others = await find();
  const context: DaemonContext = {
    version: options.version ?? versionId(),
    supervisor,
    counters,
    home: Deno.env.get("HOME"),
    maxExtractBytes: options.maxExtractBytes ?? DEFAULT_SETTINGS["max-extract-bytes"],
    canNarrowWorkers: options.canNarrowWorkers ?? false,
    gitTimeoutMs: options.gitTimeoutMs ?? DEFAULT_SETTINGS["git-timeout"],
    childEnvironment: parts.environment,
    get elsewhere() {
      return others;
    },
    retire,
    shutdown: () => void shutdown(),
  };
  const methods = daemonMethods(context);
  // Loaded only where somebody wants it.
  const metrics = options.metricsAddress ? await import("./metrics_server.ts") : undefined;
  const served = metrics?.serveDaemonMetrics({
    address: options.metricsAddress!,
    methods: methods.map(({ name }) => name),
    counters,
    supervisor,
    connections,
    startSeconds: clock.now() / 1000,
    log,
  });
  const dispatch = daemonDispatcher(methods, (token) => isAuthorized(token), log, served?.onAnswer);

  function shutdown(): Promise<void> {
    stopping ??= stop().then(finished.resolve, finished.reject);
    return finished.promise;
  }

  async function stop(): Promise<void> {
    orphanWatch[Symbol.dispose]();
    // The runtime unlinks the socket when the last accept has let go of it.
    await closeListener(listener, paths.socket, own, accepting);
    await pipe?.[Symbol.asyncDispose]();
    if (retirement === undefined) await removePersistedToken(paths, log);
    await retirement?.end();
    await endProcesses();
    for (const connection of connections) connection.close();
    await Promise.all([...connections].map((connection) => connection.closed));
    await others?.[Symbol.asyncDispose]();
    await served?.[Symbol.asyncDispose]();
    wireLog?.[Symbol.dispose]();
    lock[Symbol.dispose]();
  }

  async function endProcesses(): Promise<void> {
    if (options.keepChildren !== true) {
      await happensWithin(supervisor[Symbol.asyncDispose](), STOP_MS, clock);
      return;
    }
    if (supervisor.running > 0) {
      log.info(
        `[Server] -keep-children: leaving ${supervisor.running} running child process(es) alive across shutdown`,
      );
    }
    supervisor.abandonAll();
  }

  function accept(conn: Peer): void {
    counters.connections++;
    const connection = serveConnection(conn, {
      dispatch,
      pause,
      clock,
      log,
      ...(wireLog === undefined ? {} : { wireLog, number: counters.connections }),
    });
    connections.add(connection);
    void connection.closed.then(() => {
      connections.delete(connection);
      retirement?.noteClosed();
    });
  }

  /** Gives up its place and keeps its processes; see `lib/handover`. */
  async function retire(): Promise<void> {
    if (Deno.build.os === "windows") throw new Error("a daemon cannot hand over on Windows");
    if (isRetiring || stopping !== undefined) throw new Error("the daemon is going already");
    isRetiring = true;
    const handover = await import("../handover/retire.ts");
    retirement = await handover.retire({
      paths,
      instanceId: lock.instanceId,
      clock,
      log,
      makeToken: generateToken,
      finishConnections: () => void finishConnections(),
      useToken(token = options.token, onUse = () => {}) {
        const isRight = tokenChecker(token);
        isAuthorized = (auth) => isRight(auth) && (onUse(), true);
      },
      async withdraw() {
        orphanWatch[Symbol.dispose]();
        await served?.[Symbol.asyncDispose]();
        await removePersistedToken(paths, log);
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
      isAlone: () => connections.size === 0,
      isEmpty: () => supervisor.list().length === 0,
      stop: () => void shutdown(),
    }, stay).catch(async (error) => {
      others ??= await find();
      stay();
      throw error;
    });
  }

  function stay(): void {
    retirement = undefined;
    isRetiring = false;
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
      socket: paths.socket,
      own,
      isIdle: () => connections.size === 0 && supervisor.running === 0,
      onOrphaned: () => void shutdown(),
      clock,
    });
  let orphanWatch = watch();
  const pipe = Deno.build.os === "windows"
    ? await servePipeOfWindows(options.listenPipe ?? false, { paths, accept, log })
    : undefined;
  const accepting = acceptAll(listener, accept, log, clock);
  const relaysTo = others?.sockets ?? [];
  return { socket: paths.socket, relaysTo, finished: finished.promise, shutdown, [Symbol.asyncDispose]: shutdown };
}

function signalIfThere(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // It went by itself.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * The daemon, within this program: listens, authenticates, answers, supervises, stops (daemon 2).
 *
 * @module
 */

import { DEFAULT_SETTINGS } from "../config/settings.ts";
import { createDispatcher, type Dispatch, tokenChecker } from "../rpc/dispatch.ts";
import type { Envelope } from "../rpc/envelope.ts";
import { errnoText } from "../system/errno.ts";
import { wireFrameCodec } from "../rpc/stream_frames.ts";
import type { ClientContext, DaemonContext } from "../methods/context.ts";
import { filesMethods } from "../methods/files.ts";
import { gitMethods } from "../methods/git.ts";
import { processMethods } from "../methods/process.ts";
import { serverMethods } from "../methods/server.ts";
import { type Clock, happensWithin, systemClock } from "../system/clock.ts";
import { ReplaySupervisor } from "../process/supervisor.ts";
import { type Connection, serveConnection } from "./connection.ts";
import { fairShare } from "./fair_share.ts";
import { removeIfThere, removeTemporaries, writePrivateFile } from "../system/private_files.ts";
import { preparePrivateDirectory } from "./directory.ts";
import { acquireLock, type DaemonLock } from "./lock.ts";
import { type Logger, silentLogger } from "./log.ts";
import { loginPath } from "./login_shell.ts";
import { type DaemonPaths, daemonPaths } from "../system/paths.ts";
import { processLog } from "./process_log.ts";
import { listenPrivately } from "./socket.ts";
import { versionId } from "../version.ts";

/** The namespaces of the contract. */
const NAMESPACES = ["server", "files", "git", "process"];
/** How long the graceful stop waits for killed children, in milliseconds. */
const STOP_MS = 1_500;
/** Waits between failed accepts, in milliseconds: doubling from the first to the last. */
const ACCEPT_BACKOFF_MS = { first: 5, last: 1_000 };
/** Tells a child, and what it starts, that it runs under the daemon. */
const CHILD_MARKER = { CLAUDE_SSH_DAEMON_CHILD: "1" };

/** How a daemon is to be. */
export interface ServeOptions {
  /** The path of the socket; its directory is made when it is missing. */
  readonly socket: string;
  /** The token that every request must carry. */
  readonly token: string;
  /** Where its log lines go. @default {nowhere} */
  readonly log?: Logger;
  /** Whether children get the PATH of the user's login shell. @default {true} */
  readonly useLoginPath?: boolean;
  /** What `server.version` tells. @default {the version of this package} */
  readonly version?: string;
  /** The cap of each replay buffer, in bytes. @default {16777216} */
  readonly replayBytes?: number;
  /** The cap on what an archive may hold, in bytes; 0 for none. @default {536870912} */
  readonly maxExtractBytes?: number;
  /** How long a git may take, in milliseconds; 0 for no limit. @default {60000} */
  readonly gitTimeoutMs?: number;
  /** Whether the runtime was started with `--unstable-worker-options`; the worker that extracts then gets no more permissions than it needs. @default {false} */
  readonly canNarrowWorkers?: boolean;
  /** Whether a daemon that already serves this socket is asked to go, and killed after ten seconds. @default {false} */
  readonly takesOver?: boolean;
  /** The source of time. */
  readonly clock?: Clock;
}

/** A daemon that runs in this program. */
export interface Daemon extends AsyncDisposable {
  /** The path of its socket. */
  readonly socket: string;
  /** Settles when it has stopped, for whatever reason. */
  readonly finished: Promise<void>;
  /** Stops it gracefully: no new connections, children killed, connections closed, files removed. */
  shutdown(): Promise<void>;
}

/**
 * Starts a daemon in this program. It runs until it is shut down, by `server.shutdown` too.
 *
 * @throws {Error} If the token is empty, the directory is taken by another daemon, or the socket
 * cannot be listened on.
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
  const { token, log = silentLogger, clock = systemClock } = options;
  if (token === "") throw new TypeError("Cannot serve: token is empty");
  const paths = daemonPaths(options.socket);
  await preparePrivateDirectory(paths.directory);
  await using starting = new AsyncDisposableStack();
  const { takesOver = false } = options;
  const lock = starting.use(await acquireLock(paths, { takesOver, clock, kill: signalIfThere }));
  await removeTemporaries(paths.token);
  const environment = childEnvironment(options, log);
  const listener = await listenPrivately(paths.socket);
  starting.defer(() => listener.close());
  await persistToken(paths, token, log);
  starting.move();
  return startDaemon({ paths, lock, listener, environment, token, log, clock, options });
}

interface Parts {
  readonly paths: DaemonPaths;
  readonly lock: DaemonLock;
  readonly listener: Deno.UnixListener;
  readonly environment: () => Record<string, string> | Promise<Record<string, string>>;
  readonly token: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly options: ServeOptions;
}

function startDaemon(parts: Parts): Daemon {
  const { paths, lock, listener, environment, token, log, clock, options } = parts;
  const pause = fairShare();
  const supervisor = new ReplaySupervisor({
    codec: wireFrameCodec,
    events: processLog(log),
    pause,
    clock,
    ...(options.replayBytes === undefined ? {} : { replayBytes: options.replayBytes }),
  });
  const connections = new Set<Connection>();
  const finished = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;

  const context: DaemonContext = {
    version: options.version ?? versionId(),
    supervisor,
    home: Deno.env.get("HOME"),
    maxExtractBytes: options.maxExtractBytes ?? DEFAULT_SETTINGS["max-extract-bytes"],
    canNarrowWorkers: options.canNarrowWorkers ?? false,
    gitTimeoutMs: options.gitTimeoutMs ?? DEFAULT_SETTINGS["git-timeout"],
    childEnvironment: environment,
    shutdown: () => void shutdown(),
  };
  const dispatch = createDaemonDispatcher(context, token, log);

  function shutdown(): Promise<void> {
    stopping ??= stop().then(finished.resolve, finished.reject);
    return finished.promise;
  }

  async function stop(): Promise<void> {
    listener.close();
    // The runtime unlinks the socket when the last accept has let go of it.
    await accepting;
    await removePersistedToken(paths, log);
    await happensWithin(supervisor[Symbol.asyncDispose](), STOP_MS, clock);
    for (const connection of connections) connection.close();
    await Promise.all([...connections].map((connection) => connection.closed));
    lock[Symbol.dispose]();
  }

  function accept(conn: Deno.Conn): void {
    const connection = serveConnection(conn, { dispatch, pause, clock, log });
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  }

  const accepting = acceptAll(listener, accept, log, clock);
  lock.record();
  return { socket: paths.socket, finished: finished.promise, shutdown, [Symbol.asyncDispose]: shutdown };
}

function createDaemonDispatcher(context: DaemonContext, token: string, log: Logger): Dispatch<ClientContext> {
  const logId = ({ id }: Envelope) => id === "null" ? "" : id;
  return createDispatcher<ClientContext>({
    methods: [...serverMethods(context), ...filesMethods(context), ...gitMethods(context), ...processMethods(context)],
    namespaces: NAMESPACES,
    isAuthorized: tokenChecker(token),
    onUnauthorized: (envelope) =>
      log.warn(`[Server] Unauthorized request: method=${envelope.method}, id=${logId(envelope)}`),
    onPanic: (envelope, error) => {
      log.error(`[Server] recovered panic: method=${envelope.method} id=${logId(envelope)}: ${error}`);
      if (error instanceof Error) log.debug(`[Server] ${error.stack}`);
    },
  });
}

async function acceptAll(
  listener: Deno.UnixListener,
  accept: (conn: Deno.Conn) => void,
  log: Logger,
  clock: Clock,
): Promise<void> {
  let backoff = ACCEPT_BACKOFF_MS.first;
  for (;;) {
    try {
      accept(await listener.accept());
      backoff = ACCEPT_BACKOFF_MS.first;
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
      log.warn(`[Server] accept error (retrying in ${backoff}ms): ${errnoText(error)}`);
      await new Promise<void>((resolve) => clock.after(backoff, resolve));
      backoff = Math.min(backoff * 2, ACCEPT_BACKOFF_MS.last);
    }
  }
}

function signalIfThere(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // It went by itself.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The login PATH is asked for at once, in the background; only the first spawn waits for it. */
function childEnvironment(options: ServeOptions, log: Logger): Parts["environment"] {
  let environment: Record<string, string> | undefined;
  if (options.useLoginPath === false) return () => CHILD_MARKER;
  const asked = loginPath({ shell: Deno.env.get("SHELL"), log }).then((path) => {
    environment = path === undefined ? CHILD_MARKER : { PATH: path, ...CHILD_MARKER };
    return environment;
  });
  return () => environment ?? asked;
}

async function persistToken(paths: DaemonPaths, token: string, log: Logger): Promise<void> {
  try {
    await writePrivateFile(paths.token, token);
  } catch (error) {
    log.error(`[daemon] failed to persist token: ${errnoText(error)}`);
  }
}

async function removePersistedToken(paths: DaemonPaths, log: Logger): Promise<void> {
  try {
    await removeIfThere(paths.token);
  } catch (error) {
    log.error(`[daemon] failed to remove persisted token: ${errnoText(error)}`);
  }
}

/**
 * `serve()`: starts a daemon in this program (contract: Daemon life).
 *
 * @module
 */

import { type Generation, GENERATIONS } from "../contract/generation.ts";
import { readDaemonToken } from "../client/daemon_token.ts";
import { wordsInTerminal } from "../client/terminal_command.ts";
import { DEFAULT_SETTINGS } from "../config/settings.ts";
import type { DaemonInstance } from "../methods/context.ts";
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
import type { SettledChildren } from "./children/child_settings.ts";
import { processLog } from "./observe/process_log.ts";
import {
  askToRetire,
  connectPredecessors,
  extractionsOnDemand,
  logsOnDemand,
  openWireLogIfWanted,
  retiredSockets,
  settleChildrenIfWanted,
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
import type { DaemonParts } from "./daemon_parts.ts";
import { lockEntryOf, type RunningDaemon, startDaemon } from "./running_daemon.ts";
import type { Daemon, ExistingDaemon, ProcessFacts, ServeOptions } from "./serve_options.ts";

/** The variable that asks for a check of the clients. */
const PEER_CHECK = "CLAUDE_SSH_PEER_CHECK";

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
  const resolved = resolvedOptions(options, facts);
  const isChecked = peerCheck(resolved.generation, log);
  const children = await settleChildrenIfWanted(resolved.generation.processes, {
    ...{ paths, instance: lock.instanceId, asksShell: useLoginPath, hidden: [PEER_CHECK], clock, log },
  });
  const maxDescriptors = children?.maxDescriptors ?? facts.maxDescriptors;
  const processes = startSupervisor({ ...options, maxDescriptors }, resolved.generation, children, log, clock);
  acquired.use(processes.supervisor);
  const connect = () =>
    connectPredecessors({ directory: paths.retired, instanceId: lock.instanceId, clock, log }, processes.supervisor);
  const predecessors = await connect();
  if (predecessors !== undefined) acquired.use(predecessors);
  const socket = await listenAt(paths, facts);
  acquired.defer(() => socket.close(Promise.resolve(), true));
  const instance = { id: lock.instanceId, startedAt: clock.now(), peerCheck: isChecked };
  await persistToken(paths, token, log);
  return {
    ...{ paths, lock, socket, instance, formerToken, wireLog, predecessors, log, clock },
    ...processes,
    ...resolved,
    childEnvironment: environment,
    childSettings: children,
    logs: logsOnDemand({ directory: paths.directory, logDirectory: options.logDirectory ?? "", log, clock }),
    connectPredecessors: connect,
  };
}

/** Makes the daemon reachable. Writing the lock record is the last step: it announces that the daemon is ready. */
async function announce(running: RunningDaemon, parts: DaemonParts): Promise<void> {
  try {
    await parts.socket.publish();
    parts.lock.record(lockEntryOf(parts));
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
  { processes: rules }: Generation,
  children: SettledChildren | undefined,
  log: Logger,
  clock: Clock,
): Processes {
  const counters = newCounters();
  const pause = fairShare();
  const events = countingEvents(counters, processLog(log, rules.exitSaysWhy));
  const supervisor = new ReplaySupervisor({
    codec: (spec) => wireFrameCodec(rules.exitSaysWhy ? { ...spec, exitDetail: true } : spec),
    hidesSignals: ({ command, args = [] }) => wordsInTerminal({ command, args }) !== undefined,
    events: children?.records?.events(events) ?? events,
    ...{ reusedId: rules.reusedId, stdinBytes: rules.stdinBytes, stdinFull: rules.stdinFull },
    pause,
    clock,
    maxDescriptors,
    ...(replayBytes === undefined ? {} : { replayBytes }),
  });
  return { supervisor, counters, pause };
}

type ResolvedOptions = Pick<
  DaemonParts,
  | "token"
  | "version"
  | "generation"
  | "extractions"
  | "gitTimeoutMs"
  | "keepsChildren"
  | "metricsAddress"
  | "listensOnPipe"
>;

function resolvedOptions(options: ServeOptions, facts: ProcessFacts): ResolvedOptions {
  return {
    token: options.token,
    version: options.version ?? versionId(),
    generation: GENERATIONS[options.contract ?? DEFAULT_SETTINGS.contract],
    extractions: extractionsOnDemand({
      maxBytes: options.maxExtractBytes ?? DEFAULT_SETTINGS["max-extract-bytes"],
      canNarrow: facts.canNarrowWorkers ?? false,
      contract: options.contract ?? DEFAULT_SETTINGS.contract,
    }),
    gitTimeoutMs: options.gitTimeoutMs ?? DEFAULT_SETTINGS["git-timeout"],
    keepsChildren: options.keepChildren ?? false,
    metricsAddress: options.metricsAddress ?? "",
    listensOnPipe: options.listenPipe ?? false,
  };
}

/** Notes that a check of the clients was asked for, which this system does not have. */
function peerCheck({ features }: Generation, log: Logger): DaemonInstance["peerCheck"] {
  if (!features.includes("server.peer_check") || Deno.env.get(PEER_CHECK) !== "1") return "off";
  log.warn(`[Server] ${PEER_CHECK} is set: this build has no peer check on Linux, serving all callers`);
  return "unavailable";
}

function signalIfRunning(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // The process has ended by itself.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

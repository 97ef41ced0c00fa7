/**
 * A daemon from the moment that it owns its lock and its socket until it has stopped (contract: Daemon life).
 *
 * @module
 */

import type { ExtractPool } from "../files/extract_pool.ts";
import type { Gate } from "../handover/gate.ts";
import type { ConnectedPredecessors } from "../handover/predecessors.ts";
import type { DaemonControl, Retirement } from "../handover/retire.ts";
import type { Admit, ClientContext, DaemonContext } from "../methods/context.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import type { Dispatch } from "../rpc/dispatch.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import type { ByteStream } from "../system/io.ts";
import { readLockRecord } from "../system/lock_file.ts";
import type { Logger } from "../system/log.ts";
import type { DaemonPaths } from "../system/paths.ts";
import type { Pause } from "../system/turns.ts";
import { acceptAll } from "../system/accept.ts";
import { type Connection, serveConnection } from "./connection/connection.ts";
import { daemonDispatcher, daemonMethods } from "./dispatcher.ts";
import type { ChildEnvironment } from "./launch/child_environment.ts";
import type { Counters } from "./observe/counters.ts";
import type { DaemonMetrics } from "./observe/metrics_server.ts";
import type { WireLog } from "./observe/wire_log.ts";
import { loadMetrics, type ServeMetrics, serveNamedPipe, tokenAdmission } from "./optional_parts.ts";
import type { DaemonLock } from "./ownership/lock.ts";
import { watchOrphan } from "./ownership/orphan_watch.ts";
import { identityOf, type PrivateSocket } from "../system/private_socket.ts";
import { generateToken, persistToken, removePersistedToken } from "./ownership/token.ts";

/** How long a stop may take to end the processes, in milliseconds; the whole stop takes at most two seconds. */
const STOP_MS = 1_500;
/** The part of that time that is reserved for SIGKILL, in milliseconds. */
const KILL_MS = 500;
/**
 * How long a retiring daemon waits for its connections to finish before it disconnects from the daemons that retired
 * earlier, in milliseconds.
 */
const FINISH_MS = 500;

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
  /** Its processes. */
  readonly supervisor: ReplaySupervisor;
  /** The counters of its metrics. */
  readonly counters: Counters;
  /** Lets other connections have their turn in long work. */
  readonly pause: Pause;
  /** The environment variables of its processes. */
  readonly childEnvironment: ChildEnvironment;
  /** Extracts archives. */
  readonly extractions: Pick<ExtractPool, "extract"> & Disposable;
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

/** Starts a daemon on its socket; it accepts clients from then on. */
export async function startDaemon(parts: DaemonParts): Promise<RunningDaemon> {
  const admit = await tokenAdmission(parts.token, parts.formerToken, parts.clock);
  const daemon = new RunningDaemon(parts, admit, await loadMetrics(parts.metricsAddress));
  await daemon.acceptClients();
  return daemon;
}

/** A daemon that runs in this program. */
export class RunningDaemon implements DaemonContext {
  readonly version: string;
  readonly supervisor: ReplaySupervisor;
  readonly counters: Counters;
  readonly home: string | undefined = Deno.env.get("HOME");
  readonly extractions: Pick<ExtractPool, "extract"> & Disposable;
  readonly gitTimeoutMs: number;
  readonly keepsChildren: boolean;
  readonly childEnvironment: ChildEnvironment;
  readonly pause: Pause;
  readonly #parts: DaemonParts;
  readonly #metrics: DaemonMetrics | undefined;
  readonly #dispatch: Dispatch<ClientContext>;
  readonly #connections = new Set<Connection>();
  readonly #finished = Promise.withResolvers<void>();
  #predecessors: ConnectedPredecessors | undefined;
  #orphanWatch: Disposable;
  #pipe: AsyncDisposable | undefined;
  /** Settles when the listener is closed. */
  #accepting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #retiring: Promise<void> | undefined;
  #retirement: Retirement | undefined;
  /** Decides which clients a retired daemon admits. */
  #gate: Gate | undefined;

  /** Use {@linkcode startDaemon}. */
  constructor(parts: DaemonParts, admit: Admit, serveMetrics: ServeMetrics | undefined) {
    this.#parts = parts;
    this.version = parts.version;
    this.supervisor = parts.supervisor;
    this.counters = parts.counters;
    this.extractions = parts.extractions;
    this.gitTimeoutMs = parts.gitTimeoutMs;
    this.keepsChildren = parts.keepsChildren;
    this.childEnvironment = parts.childEnvironment;
    this.pause = parts.pause;
    this.#predecessors = parts.predecessors;
    const methods = daemonMethods(this);
    this.#metrics = serveMetrics?.({
      address: parts.metricsAddress,
      methods: methods.map(({ name }) => name),
      counters: parts.counters,
      supervisor: parts.supervisor,
      connections: this.#connections,
      startSeconds: parts.clock.now() / 1000,
      log: parts.log,
    });
    const isAuthorized: Admit = (token, client) => (this.#gate?.admit ?? admit)(token, client);
    this.#dispatch = daemonDispatcher(methods, isAuthorized, parts.log, this.#metrics?.onAnswer);
    this.#orphanWatch = this.#watchOrphan();
  }

  /** Settles when it has stopped, for whatever reason. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  get predecessors(): ConnectedPredecessors | undefined {
    return this.#predecessors;
  }

  get isRetiring(): boolean {
    return this.#retiring !== undefined;
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Accepts clients until it stops. */
  async acceptClients(): Promise<void> {
    const { paths, socket, listensOnPipe, log, clock } = this.#parts;
    const accept = (stream: ByteStream) => this.#serve(stream);
    this.#pipe = await serveNamedPipe(listensOnPipe, { paths, accept, log });
    this.#accepting = acceptAll(socket.listener, accept, log, clock);
  }

  /**
   * Stops it gracefully.
   *
   * @param graceMs How long processes may take to obey SIGTERM, in milliseconds; at most a second.
   */
  shutdown(graceMs = 0): Promise<void> {
    const { resolve, reject, promise } = this.#finished;
    this.#stopping ??= this.#stop(Math.min(graceMs, STOP_MS - KILL_MS)).then(resolve, reject);
    return promise;
  }

  async retire(): Promise<void> {
    if (Deno.build.os === "windows") throw new Error("a daemon cannot hand over on Windows");
    if (this.#retiring !== undefined || this.#stopping !== undefined) {
      throw new Error("the daemon is already stopping or handing over");
    }
    this.#retiring = this.#handOver();
    try {
      await this.#retiring;
    } catch (error) {
      this.#retiring = undefined;
      throw error;
    }
  }

  #serve(stream: ByteStream): void {
    const { counters, pause, clock, log, wireLog } = this.#parts;
    counters.connections++;
    const connection = serveConnection(stream, {
      dispatch: this.#dispatch,
      pause,
      clock,
      log,
      ...(wireLog === undefined ? {} : { wireLog, number: counters.connections }),
    });
    this.#connections.add(connection);
    this.#gate?.noteOpened(connection.client);
    void connection.closed.then(() => this.#connections.delete(connection));
  }

  /** Whether the public path leads to this daemon's socket. */
  #ownsPath(): boolean {
    return identityOf(this.#parts.paths.socket) === this.#parts.socket.identity;
  }

  #watchOrphan(): Disposable {
    return watchOrphan({
      isReachable: () => this.#ownsPath(),
      isIdle: () => this.#connections.size === 0 && this.supervisor.running === 0,
      onOrphaned: () => void this.shutdown(),
      clock: this.#parts.clock,
    });
  }

  async #stop(graceMs: number): Promise<void> {
    const { paths, lock, socket, log, wireLog } = this.#parts;
    await this.#retiring?.catch(() => {}); // the client that asked for it receives the error
    this.#orphanWatch[Symbol.dispose]();
    // During a handover no daemon may hold the lock for a moment; the public files still belong to this one then.
    const ownsFiles = this.#retirement === undefined || (this.#ownsPath() && lock.tryAgain());
    await socket.close(this.#accepting, ownsFiles);
    await this.#pipe?.[Symbol.asyncDispose]();
    if (ownsFiles) await removePersistedToken(paths, log);
    await this.#retirement?.end();
    this.extractions[Symbol.dispose]();
    await this.#endProcesses(graceMs);
    for (const connection of this.#connections) connection.close();
    await Promise.all([...this.#connections].map(({ closed }) => closed));
    await this.#predecessors?.[Symbol.asyncDispose]();
    await this.#metrics?.[Symbol.asyncDispose]();
    wireLog?.[Symbol.dispose]();
    lock[Symbol.dispose]();
  }

  async #endProcesses(graceMs: number): Promise<void> {
    const { supervisor, log, clock } = this.#parts;
    if (!this.keepsChildren) {
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

  async #handOver(): Promise<void> {
    const handover = await import("../handover/retire.ts");
    try {
      this.#retirement = await handover.retire(this.#control(), () => {
        this.#retirement = undefined;
        this.#retiring = undefined;
      });
    } catch (error) {
      this.#predecessors ??= await this.#parts.connectPredecessors();
      throw error;
    }
  }

  /** The operations that a handover needs. */
  #control(): DaemonControl {
    const { paths, lock, supervisor, log, clock } = this.#parts;
    return {
      paths,
      instanceId: lock.instanceId,
      supervisor,
      log,
      clock,
      makeToken: generateToken,
      ownsPath: () => this.#ownsPath(),
      finishConnections: () => void this.#finishConnections(),
      setGate: (gate) => this.#gate = gate,
      withdraw: () => this.#withdraw(),
      tryLock: () => lock.tryAgain(),
      serveAgain: () => this.#serveAgain(),
      lockHolder: () => readLockRecord(paths.lock)?.instanceId,
      stop: () => void this.shutdown(),
    };
  }

  async #withdraw(): Promise<void> {
    this.#orphanWatch[Symbol.dispose]();
    await this.#metrics?.[Symbol.asyncDispose]();
    this.#parts.lock.release();
  }

  async #serveAgain(): Promise<void> {
    const { paths, token, lock, log } = this.#parts;
    await persistToken(paths, token, log);
    this.#predecessors = await this.#parts.connectPredecessors();
    this.#orphanWatch = this.#watchOrphan();
    lock.record();
  }

  /** Finishes all connections, and leaves the daemons that retired earlier to the next daemon. */
  async #finishConnections(): Promise<void> {
    const predecessors = this.#predecessors;
    this.#predecessors = undefined;
    const connections = [...this.#connections];
    for (const connection of connections) connection.finish();
    await happensWithin(Promise.all(connections.map(({ closed }) => closed)), FINISH_MS, this.#parts.clock);
    await predecessors?.[Symbol.asyncDispose]();
  }
}

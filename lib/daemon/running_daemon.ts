/**
 * A daemon from the moment that it owns its lock and its socket until it has stopped (contract: Daemon life).
 *
 * @module
 */

import type { Generation } from "../contract/generation.ts";
import type { ExtractPool } from "../files/extract_pool.ts";
import type { Gate } from "../handover/gate.ts";
import type { ConnectedPredecessors } from "../handover/predecessors.ts";
import type { DaemonControl, Retirement } from "../handover/retire.ts";
import type { Admit, ClientContext, DaemonContext, DaemonInstance, MakeMethods } from "../methods/context.ts";
import { loadMethods } from "../methods/generation_methods.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import type { Dispatch } from "../rpc/dispatch.ts";
import { happensWithin } from "../system/clock.ts";
import type { ByteStream } from "../system/io.ts";
import { type LockEntry, readLockRecord } from "../system/lock_file.ts";
import type { Pause } from "../system/turns.ts";
import { acceptAll } from "../system/accept.ts";
import { type Connection, serveConnection } from "./connection/connection.ts";
import type { DaemonParts } from "./daemon_parts.ts";
import { daemonDispatcher } from "./dispatcher.ts";
import type { SettledChildren } from "./children/child_settings.ts";
import type { ChildEnvironment } from "./launch/child_environment.ts";
import type { Counters } from "./observe/counters.ts";
import type { DaemonMetrics } from "./observe/metrics_server.ts";
import { type DaemonLogs, loadMetrics, type ServeMetrics, serveNamedPipe, tokenAdmission } from "./optional_parts.ts";
import { watchOrphan } from "./ownership/orphan_watch.ts";
import { identityOf } from "../system/private_socket.ts";
import { generateToken, persistToken, removePersistedToken } from "./ownership/token.ts";

/** How long a stop may take to end the processes, in milliseconds; the whole stop takes at most two seconds. */
const STOP_MS = 1_500;
/** How long the records of the processes may take to be removed after that, in milliseconds. */
const RECORDS_MS = 300;
/** The part of that time that is reserved for SIGKILL, in milliseconds. */
const KILL_MS = 500;
/** How long a stop may take to write what is left for logs, in milliseconds. */
const LOGS_MS = 500;
/**
 * How long a retiring daemon waits for its connections to finish before it disconnects from the daemons that retired
 * earlier, in milliseconds.
 */
const FINISH_MS = 500;

/** Starts a daemon on its socket; it accepts clients from then on. */
export async function startDaemon(parts: DaemonParts): Promise<RunningDaemon> {
  const admit = await tokenAdmission(parts.token, parts.formerToken, parts.clock);
  const [makeMethods, metrics] = await Promise.all([loadMethods(parts.generation), loadMetrics(parts.metricsAddress)]);
  const daemon = new RunningDaemon(parts, admit, makeMethods, metrics);
  await daemon.acceptClients();
  return daemon;
}

/** A daemon that runs in this program. */
export class RunningDaemon implements DaemonContext {
  readonly version: string;
  readonly generation: Generation;
  readonly instance: DaemonInstance;
  readonly supervisor: ReplaySupervisor;
  readonly counters: Counters;
  readonly home: string | undefined = Deno.env.get("HOME");
  readonly extractions: Pick<ExtractPool, "extract"> & Disposable;
  readonly logs: DaemonLogs;
  readonly gitTimeoutMs: number;
  readonly keepsChildren: boolean;
  readonly childEnvironment: ChildEnvironment;
  readonly childSettings: SettledChildren | undefined;
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
  constructor(parts: DaemonParts, admit: Admit, makeMethods: MakeMethods, serveMetrics: ServeMetrics | undefined) {
    this.#parts = parts;
    this.version = parts.version;
    this.generation = parts.generation;
    this.instance = parts.instance;
    this.supervisor = parts.supervisor;
    this.counters = parts.counters;
    this.extractions = parts.extractions;
    this.logs = parts.logs;
    this.gitTimeoutMs = parts.gitTimeoutMs;
    this.keepsChildren = parts.keepsChildren;
    this.childEnvironment = parts.childEnvironment;
    this.childSettings = parts.childSettings;
    this.pause = parts.pause;
    this.#predecessors = parts.predecessors;
    const methods = makeMethods(this);
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
    this.#dispatch = daemonDispatcher(methods, parts.generation, isAuthorized, parts.log, this.#metrics?.onAnswer);
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
      // The daemon that serves now holds connections to a retired one, however little it has to say.
      idleMs: this.#gate === undefined ? this.generation.idleMs : 0,
      closesWhenTaken: this.generation.processes.takenStreamCloses,
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
    const { stopTells } = this.generation;
    if (stopTells) log.info("[Server] shutdown requested");
    await this.#retiring?.catch(() => {}); // the client that asked for it receives the error
    this.#orphanWatch[Symbol.dispose]();
    // During a handover no daemon may hold the lock for a moment; the public files still belong to this one then.
    const ownsFiles = this.#retirement === undefined || (this.#ownsPath() && lock.tryAgain());
    await socket.close(this.#accepting, ownsFiles);
    await this.#pipe?.[Symbol.asyncDispose]();
    if (ownsFiles) await removePersistedToken(paths, log);
    await this.#retirement?.end();
    this.extractions[Symbol.dispose]();
    const killed = this.keepsChildren ? 0 : this.supervisor.running;
    const closed = this.#connections.size;
    await this.#endProcesses(graceMs);
    await happensWithin(this.logs.close(), LOGS_MS, this.#parts.clock);
    for (const connection of this.#connections) connection.close();
    if (stopTells) {
      log.info(`[Server] cleanup: closed ${closed} connection(s), killed ${killed} child process group(s)`);
    }
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
      await happensWithin(this.childSettings?.records?.settled() ?? Promise.resolve(), RECORDS_MS, clock);
      return;
    }
    await this.childSettings?.records?.giveUp();
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
      // The next daemon must not take the processes for orphans.
      await this.childSettings?.records?.giveUp();
      this.#retirement = await handover.retire(this.#control(), () => {
        this.#retirement = undefined;
        this.#retiring = undefined;
      });
    } catch (error) {
      this.childSettings?.records?.takeBack();
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
    this.childSettings?.records?.takeBack();
    lock.record(lockEntryOf(this.#parts));
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

/** What the lock record of a daemon says about it; the record of the first generation is as it always was. */
export function lockEntryOf({ generation, instance }: DaemonParts): Pick<LockEntry, "contract" | "startedAt"> {
  const contract = generation.namesInstance ? { contract: generation.name } : {};
  return { ...contract, startedAt: instance.startedAt };
}

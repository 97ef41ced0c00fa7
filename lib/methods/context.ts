/**
 * The interfaces through which methods use the daemon and the client that sent the request.
 *
 * @module
 */

import type { ProcessRules } from "../contract/process_rules.ts";
import type { Generation } from "../contract/generation.ts";
import type { ExtractPool } from "../files/extract_pool.ts";
import type { SocketProbe } from "../files/prune_plugins.ts";
import type { ManagedProcess } from "../process/managed_process.ts";
import type { OutputLog } from "../process/output_log.ts";
import type { FollowOptions } from "../process/receivers.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import type { DetachReason, Subscription } from "../process/subscription.ts";
import type { EncodedResult, Method } from "../rpc/dispatch.ts";
import type { Params, Result } from "../rpc/method_types.ts";
import type { Clock } from "../system/clock.ts";
import type { Logger } from "../system/log.ts";
import type { Pause } from "../system/turns.ts";

/** A source of frames for a connection, which takes a slice whenever it is the source's turn. */
export interface FrameSource {
  /** Whether its frames are from the time before the client attached. */
  readonly isReplaying: boolean;
  /** Whether no more frames will follow. */
  readonly isDone: boolean;
  /** Takes the next slice of whole lines; the caller calls `release` before it takes another one. */
  take(): Uint8Array | undefined;
  /** Returns the slice after it was written, or after the write failed. */
  release(): void;
  /** Ends the source. It may be called more than once. */
  close(): void;
}

/** A process, as `process.list` returns it. */
export type PredecessorProcess = Result<"process.list">["processes"][number];

/** The daemons that have retired and still have processes. */
export interface Predecessors {
  /** Relays a request; returns `undefined` if this daemon should answer it because no retired daemon has the process. */
  forward(
    method: string,
    params: { readonly id: string },
    client: ClientContext,
  ): Promise<EncodedResult | undefined>;
  /** Whether one of these daemons has the process. */
  owns(id: string): boolean;
  /** Whether a process of one of these daemons has this id now; it may be owned by a former id, too. */
  has(id: string): boolean;
  /** Lists the processes of all these daemons. */
  list(params: Params<"process.list">): Promise<PredecessorProcess[]>;
  /**
   * Lets a process of this daemon have an id. The process of a retired daemon that has it is killed, and none of its
   * frames reaches a client any more; or it is left alone, and its frames go on for those who follow it.
   */
  discard(id: string, reusedId: ProcessRules["reusedId"]): void;
}

/** The logs of processes. */
export interface ProcessLogs {
  /** Whether every process gets one that does not decline it. */
  readonly isForAll: boolean;
  /**
   * Opens the log of a process that is about to be started.
   *
   * @throws {ClaustrumError} If it cannot be opened.
   */
  open(
    id: string,
    options?: { readonly file?: string | undefined; readonly isTakenOver?: boolean },
  ): Promise<OutputLog>;
  /**
   * Removes the log of an id; returns whether there was one.
   *
   * @throws {ClaustrumError} If it cannot be removed, or a process writes to it.
   */
  remove(id: string): Promise<boolean>;
  /** Notes that a process has to be started without its log. */
  noteFailure(id: string, error: unknown): void;
}

/** Options of {@linkcode ClientContext.follow}. */
export interface ClientFollowOptions extends Pick<FollowOptions, "as" | "fromSeq" | "observe" | "times"> {
  /** Whether the client is notified when its subscription ends. @default {false} */
  readonly notice?: boolean;
}

/** A share of the memory that a client's unread output may occupy; see {@linkcode ClientContext.share}. */
export interface OutputShare {
  /**
   * Enlarges the share, before the memory is used. A share that is larger already is unchanged.
   *
   * @param bytes The new size, in bytes.
   * @returns Settles when the memory is free; `undefined` when it is free at once. Rejects when the client is gone.
   */
  take(bytes: number): Promise<void> | undefined;
  /**
   * Records how large the share has become, whether the memory is free or not; other shares wait for it.
   *
   * @param bytes The size, in bytes.
   */
  hold(bytes: number): void;
  /** Releases the share. It may be called more than once. */
  release(): void;
}

/** The client that sent a request. */
export interface ClientContext {
  /** Aborted when its connection closes. */
  readonly signal: AbortSignal;
  /** The starts that this client has requested and that are not finished, by process id. */
  readonly starting: Map<string, Promise<unknown>>;
  /** Closes its connection without answering its pending requests; the client connects again and repeats them. */
  hangUp(): void;
  /** Returns an empty share of the 8 MiB that the client may leave unread (contract: Memory and fairness). */
  share(): OutputShare;
  /** Sends it the frames of a source, which calls `onReadable` whenever it may have frames. */
  attach<S extends FrameSource>(open: (onReadable: () => void) => S): S;
  /** Notifies it that it receives no more frames of a process; the last frame was `seq`. */
  sendDetached(id: string, seq: number, reason: DetachReason): void;
  /** Sends it the frames of a process. */
  follow(process: ManagedProcess, options: ClientFollowOptions): Subscription;
}

/** Checks the token of a request; returns `undefined` if the request gets no answer. */
export type Admit = (token: string, client: ClientContext) => boolean | undefined;

/** One run of a daemon. */
export interface DaemonInstance {
  /** Its id: 32 hexadecimal digits. */
  readonly id: string;
  /** When it began to listen, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Whether its clients are checked; no build for this system does. */
  readonly peerCheck: "off" | "unavailable";
}

/** What only a daemon whose generation settles its processes offers to its methods. */
export interface ChildSettings {
  /** The variables that every process gets, whatever the client sends. */
  readonly marks: Readonly<Record<string, string>>;
  /** The variables of the daemon that a process gets unless a launcher runs it. */
  readonly unlaunched: Readonly<Record<string, string>>;
  /** The variables that no process gets, even if the client sends them. */
  readonly refused: readonly string[];
  /** The variable that no process gets that a launcher runs. */
  readonly launcherVariable: string;
  /** The folder of managed settings on a machine without any; `undefined` if there is none. */
  readonly substituteFolder: string | undefined;
  /** The public path of the daemon's socket. */
  readonly socket: string;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the daemon. */
  readonly log: Logger;
  /** Returns the socket of the login shell's SSH agent; `undefined` if there is none. Never rejects. */
  agent(): Promise<string | undefined>;
  /** Finds out whether another daemon listens on a socket. */
  probe(socket: string): Promise<SocketProbe>;
}

/** The daemon that received a request. */
export interface DaemonContext {
  /** The id that `server.version` returns. */
  readonly version: string;
  /** The generation of the contract that it serves. */
  readonly generation: Generation;
  /** This run of the daemon. */
  readonly instance: DaemonInstance;
  /** The supervisor of its processes. */
  readonly supervisor: ReplaySupervisor;
  /** The counters that methods increment. */
  readonly counters: { reattaches: number; stdinBytes: number };
  /** The home directory that `~` stands for; `undefined` or `""` when unknown. */
  readonly home: string | undefined;
  /** Extracts archives. */
  readonly extractions: Pick<ExtractPool, "extract">;
  /** How long a git command may take, in milliseconds; 0 for no limit. */
  readonly gitTimeoutMs: number;
  /** What its processes get in addition; absent if its generation does not settle them. */
  readonly childSettings: ChildSettings | undefined;
  /** The variables that processes get in addition to the daemon's own; a promise until the login PATH is known. */
  childEnvironment(): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** The retired daemons; `undefined` if there are none. */
  readonly predecessors?: Predecessors | undefined;
  /** The logs of its processes. */
  readonly logs: ProcessLogs;
  /** Whether it is handing over: the next daemon would not know of a process that is started now. */
  readonly isRetiring: boolean;
  /** Whether it is stopping: a process that is started now would outlive it. */
  readonly isStopping: boolean;
  /** Whether its processes survive when it stops. */
  readonly keepsChildren: boolean;
  /** Lets other connections have their turn in long work. */
  readonly pause: Pause;
  /** Gives up the public socket and keeps the processes. */
  retire(): Promise<void>;
  /** Begins the graceful stop. */
  shutdown(): void;
}

/** Makes the methods of a daemon. */
export type MakeMethods = (daemon: DaemonContext) => Method<ClientContext>[];

/**
 * The interfaces through which methods use the daemon and the client that sent the request.
 *
 * @module
 */

import type { ExtractPool } from "../files/extract_pool.ts";
import type { ManagedProcess } from "../process/managed_process.ts";
import type { FollowOptions } from "../process/receivers.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import type { DetachReason, Subscription } from "../process/subscription.ts";
import type { EncodedResult } from "../rpc/dispatch.ts";
import type { Params, Result } from "../rpc/method_types.ts";
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
  /** Kills a process whose id is reused in this daemon; none of its frames reaches a client any more. */
  discard(id: string): void;
}

/** Options of {@linkcode ClientContext.follow}. */
export interface ClientFollowOptions extends Pick<FollowOptions, "as" | "fromSeq" | "observe"> {
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

/** The daemon that received a request. */
export interface DaemonContext {
  /** The id that `server.version` returns. */
  readonly version: string;
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
  /** The variables that processes get in addition to the daemon's own; a promise until the login PATH is known. */
  childEnvironment(): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** The retired daemons; `undefined` if there are none. */
  readonly predecessors?: Predecessors | undefined;
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

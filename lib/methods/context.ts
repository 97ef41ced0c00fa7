/**
 * What methods are given: the daemon they work for and the client that asks.
 *
 * @module
 */

import type { ExtractPool } from "../files/extract_pool.ts";
import type { FollowOptions, ManagedProcess } from "../process/managed_process.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import type { DetachReason, Subscription } from "../process/subscription.ts";
import type { EncodedResult } from "../rpc/dispatch.ts";
import type { Params, Result } from "../rpc/method_types.ts";
import type { Pause } from "../system/turns.ts";

/** Something that a connection is sent, slice by slice, whenever it is its turn. */
export interface FrameSource {
  /** Whether what it gives was there before it was asked for. */
  readonly isReplaying: boolean;
  /** Whether nothing more is to come. */
  readonly isDone: boolean;
  /** Takes the next slice of whole lines; it is given back with `release` before the next. */
  take(): Uint8Array | undefined;
  /** Gives the slice back, when it was written or failed to be. */
  release(): void;
  /** Ends it. Closing twice is fine. */
  close(): void;
}

/** A process as `process.list` tells of it. */
export type PredecessorProcess = Result<"process.list">["processes"][number];

/** The processes of daemons that have retired. */
export interface Predecessors {
  /** Passes a request on; settles with `undefined` when the process is here, or nowhere. */
  forward(
    method: string,
    params: { readonly id: string },
    client: ClientContext,
  ): Promise<EncodedResult | undefined>;
  /** Whether one of them has the process. */
  owns(id: string): boolean;
  /** All of their processes. */
  list(params: Params<"process.list">): Promise<PredecessorProcess[]>;
  /** Ends a process whose id has another one here now; none of its frames reaches anybody any more. */
  discard(id: string): void;
}

/** How a client follows a process. */
export interface ClientFollowOptions extends Pick<FollowOptions, "fromSeq" | "observe"> {
  /** Whether the client is sent a line when the process ends its subscription. @default {false} */
  readonly notice?: boolean;
}

/** A share of what a client may leave unread; see {@linkcode ClientContext.share}. */
export interface OutputRoom {
  /**
   * Makes the share as large as this, before as much is put into memory. A smaller one stays as it is.
   *
   * @param bytes How large, in bytes.
   * @returns Settles when there is room; `undefined` when there is already. Rejects when the client is gone.
   */
  take(bytes: number): Promise<void> | undefined;
  /**
   * Notes how large it is by now, whether there is room or not: others wait for it then.
   *
   * @param bytes How large, in bytes.
   */
  hold(bytes: number): void;
  /** Gives it back. Giving back twice is fine. */
  release(): void;
}

/** The client that asks. */
export interface ClientContext {
  /** Aborted when its connection is gone. */
  readonly signal: AbortSignal;
  /** Processes that this client has asked for and that are still to be started, by id. */
  readonly starting: Map<string, Promise<unknown>>;
  /** Closes its connection, with whatever it still waits for: it is to ask again elsewhere. */
  hangUp(): void;
  /** A share, of nothing yet, of the 8 MiB that it may leave unread (contract: Memory and fairness). */
  share(): OutputRoom;
  /** Sends it what a stream gives; `onReadable` is called whenever there may be something to take. */
  attach<S extends FrameSource>(open: (onReadable: () => void) => S): S;
  /** Sends it the line that says that it gets no more frames of a process, the last of which was `seq`. */
  sendDetached(id: string, seq: number, reason: DetachReason): void;
  /** Sends it what a process gives. */
  follow(process: ManagedProcess, options: ClientFollowOptions): Subscription;
}

/** Whether a client's request is let in by its token; `undefined` if it gets no answer at all. */
export type Admit = (token: string, client: ClientContext) => boolean | undefined;

/** The daemon that is asked. */
export interface DaemonContext {
  /** The version's id, as `server.version` tells it. */
  readonly version: string;
  /** Its processes. */
  readonly supervisor: ReplaySupervisor;
  /** What methods count. */
  readonly counters: { reattaches: number; stdinBytes: number };
  /** The home directory that `~` stands for; `undefined` or `""` when unknown. */
  readonly home: string | undefined;
  /** What extracts archives. */
  readonly extractions: Pick<ExtractPool, "extract">;
  /** How long a git may take, in milliseconds; 0 for no limit. */
  readonly gitTimeoutMs: number;
  /** The variables that children get over the daemon's own; a promise while the login PATH is being asked for. */
  childEnvironment(): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** The processes of daemons that have retired; `undefined` where there are none. */
  readonly predecessors?: Predecessors | undefined;
  /** Whether it hands over: what is started now, the daemon that comes next does not know of. */
  readonly isRetiring: boolean;
  /** Whether it stops: what is started now would be left behind. */
  readonly isStopping: boolean;
  /** Whether its processes live on when it stops. */
  readonly keepsChildren: boolean;
  /** Lets others have their turn in long work. */
  readonly pause: Pause;
  /** Gives up the public socket and keeps the processes. */
  retire(): Promise<void>;
  /** Begins the graceful stop. */
  shutdown(): void;
}

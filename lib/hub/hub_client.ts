/**
 * The client of a hub's socket, as the command line uses it.
 *
 * @module
 */

import type { HostNotice } from "../hosts/types.ts";
import type { ProjectNotice } from "../projects/types.ts";
import type { RemoteNotice } from "../remote/types.ts";
import type { LiveMessage, PendingPermission, Session } from "../sessions/types.ts";
import type { OperationName, OperationParams, OperationResult } from "./operation_types.ts";

/** What is told as it happens of what belongs to no session; nothing of it is kept. */
export type HubNotice = ProjectNotice | RemoteNotice | HostNotice;

/** A notice as followers receive it, if they watch its topic. */
export type NoticeMessage = { readonly type: "notice" } & HubNotice;

/** What a follower receives: first a snapshot, then what happens. */
export type FollowMessage = LiveMessage | NoticeMessage | {
  readonly type: "snapshot";
  /** The host that it is about; absent for the hub itself. */
  readonly host?: string;
  /** The sessions of that host: all, or the ones that are followed. */
  readonly sessions: readonly Session[];
  /** The pending permissions. */
  readonly permissions: readonly PendingPermission[];
  /** What the answers in progress contain so far, by session id. */
  readonly partial: Readonly<Record<string, string>>;
  /** The id of the newest event. */
  readonly last_event: number;
  /** The id of the newest event of the hub and of each host that is up, by name; on a hub that shows others. */
  readonly last_events?: Readonly<Record<string, number>>;
};

/** Options of {@linkcode HubClient.follow}. */
export interface FollowOptions {
  /**
   * The id of the last event that is not wanted: of the hub itself, or by the name of the host.
   *
   * @default {the newest: only what happens from now on}
   */
  readonly after?: number | Readonly<Record<string, number>>;
  /** The ids of the sessions to follow. @default {all} */
  readonly sessions?: readonly string[];
  /**
   * The topics of the notices that are wanted: `clones`, `projects`, `hosts`, `instances`, `external`, `metrics`, and for the log of
   * an instance `log:` and its id. Some are only found out while somebody watches. @default {none}
   */
  readonly watch?: readonly string[];
  /** Called when the connection is lost; the next snapshot says that there is another one. */
  readonly onLost?: () => void;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
}

/** A client of a hub. */
export interface HubClient extends AsyncDisposable {
  /**
   * Runs an operation.
   *
   * @throws {HubCallError} If the hub answers with an error.
   */
  call<N extends OperationName>(name: N, params: OperationParams<N>): Promise<OperationResult<N>>;
  /** Follows sessions: every event after one, without a gap or a duplicate. */
  follow(options?: FollowOptions): AsyncGenerator<FollowMessage>;
}

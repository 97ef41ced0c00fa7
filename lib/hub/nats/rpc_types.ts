/**
 * What hubs ask each other over NATS.
 *
 * @module
 */

import * as v from "valibot";
import type { SessionEvent } from "../../sessions/types.ts";
import type { Snapshot } from "../snapshot.ts";

/** Asks for the state of the sessions, from which on one follows. */
export const SNAPSHOT = "session.snapshot";
/** Asks for events that did not arrive, of any sessions. */
export const MISSED = "session.missed";

/** A request to another hub. */
export const rpcRequest = v.object({
  method: v.string(),
  params: v.unknown(),
  who: v.pipe(v.string(), v.maxLength(300)),
  viewer: v.boolean(),
});

/** A request to another hub. */
export type RpcRequest = v.InferOutput<typeof rpcRequest>;

/** An answer of another hub. */
export const rpcReply = v.union([
  v.object({ error: v.object({ code: v.number(), message: v.string() }) }),
  v.object({ result: v.unknown() }),
]);

const sessionIds = v.exactOptional(v.array(v.string()));

/** The parameters of {@linkcode SNAPSHOT}. */
export const snapshotParams = v.object({ sessions: sessionIds });

/** The result of {@linkcode SNAPSHOT}. */
export interface SnapshotResult {
  /** The state. */
  readonly snapshot: Snapshot;
  /** The number of the last live message that is a part of it. */
  readonly live: number;
}

/** The parameters of {@linkcode MISSED}. */
export const missedParams = v.object({ after: v.number(), sessions: sessionIds });

/** The result of {@linkcode MISSED}. */
export interface MissedEvents {
  /** A page of events, oldest first, as followers get them. */
  readonly events: readonly SessionEvent[];
  /** Whether there may be more. */
  readonly has_more: boolean;
}

/** What happens in a session and is not kept, as it is published. */
export interface LiveEnvelope {
  /** Its number since the hub was started. */
  readonly n: number;
  /** The id of the last event of that session before it; 0 for none that is known. */
  readonly after: number;
  /** The message. */
  readonly message: unknown;
}

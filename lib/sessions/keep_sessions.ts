/**
 * Sessions in a store that somebody else has opened.
 *
 * @module
 */

import { connect } from "../client/connect.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { SessionManager } from "./manager.ts";
import type { Sessions } from "./sessions.ts";
import type { SessionSettings } from "./settings.ts";

/** How long a daemon may be out of reach before a client of it gives up, in milliseconds. */
const GIVE_UP_MS = 3_000;

/** Options of {@linkcode keepSessions}. */
export interface KeepSessionsOptions {
  /** The socket of the daemon that runs the agents. */
  readonly socket: string;
  /** The daemon's token. @default {what daemon.token beside the socket holds} */
  readonly token?: string | undefined;
  /** The store. */
  readonly store: Store;
  /** The settings. */
  readonly settings: SessionSettings;
  /** The source of time. */
  readonly clock: Clock;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
  /** Called when the sessions need the store no more. */
  readonly onClosed?: () => void;
}

/** Keeps the sessions in a store, and finds their agents again. */
export function keepSessions(
  { socket, token, store, settings, clock, onError, onClosed = () => {} }: KeepSessionsOptions,
): Sessions {
  return new SessionManager({
    store,
    settings,
    clock,
    onError,
    onClosed,
    connect: (signal) => connect({ socket, signal, giveUpMs: GIVE_UP_MS, ...(token === undefined ? {} : { token }) }),
  });
}

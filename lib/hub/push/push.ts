/**
 * Web Push, as the rest of the hub sees it: browsers are told of events while no page of the hub is open.
 *
 * @module
 */

import type { LiveMessage, Session } from "../../sessions/types.ts";
import type { Store } from "../../store/store.ts";
import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import type { FollowMessage } from "../hub_client.ts";
import type { PushHost } from "./push_hosts.ts";
import type { WatchedSessions } from "./push_notice.ts";
import type { PushSubscriptionParams } from "./push_types.ts";

/** The configuration of Web Push. */
export interface PushConfig {
  /** How people at a push service reach who runs the hub: `mailto:…` or `https://…`. */
  readonly contact: string;
  /** The push services. */
  readonly hosts: readonly PushHost[];
}

/** Web Push, as operations use it. */
export interface Push extends AsyncDisposable {
  /** The key that browsers subscribe with; `undefined` if Web Push is off. */
  readonly key: string | undefined;
  /** Whether the browser of a sign-in is told of events. */
  isSubscribed(signIn: string): boolean;
  /**
   * Tells the browser of a sign-in of events from now on.
   *
   * @throws {OperationError} If Web Push is off, or the hub may not send anything there.
   */
  subscribe(signIn: string, subscription: PushSubscriptionParams): Promise<void>;
  /** Tells the browser of a sign-in nothing any more. */
  unsubscribe(signIn: string): void;
  /** Tells browsers what happens in the sessions of another host that the hub shows. */
  takeHost(host: string, message: FollowMessage): void;
  /** Takes what another host had when it was reached last, which was told then. */
  rememberHost(host: string, sessions: readonly Session[]): void;
  /** Forgets another host. */
  forgetHost(host: string): void;
}

/** What Web Push works with. */
export interface PushOptions {
  /** The configuration; `undefined` turns it off. */
  readonly config: PushConfig | undefined;
  /** The sessions. */
  readonly sessions: WatchedSessions & { listen(listener: (message: LiveMessage) => void): Disposable };
  /** What the hub keeps. */
  readonly store: Store;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
}

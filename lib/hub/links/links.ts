/**
 * The hubs that this one dials.
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";
import type { ByteStream } from "../../system/io.ts";
import type { Logger } from "../../system/log.ts";
import { hubCaller } from "../caller.ts";
import { type HubConnection, serveHubConnection } from "../hub_connection.ts";
import { hubDispatcher } from "../hub_dispatcher.ts";
import type { LiveFeed } from "../live_feed.ts";
import type { OperationContext } from "../operation.ts";
import { type LinkConfig, linkName } from "./link_config.ts";
import type { HubLink } from "../operation_types.ts";
import { LinkDialer } from "./link_dialer.ts";

/** Options of {@linkcode Links}. */
export interface LinksOptions {
  /** The hubs to dial. */
  readonly links: readonly LinkConfig[];
  /** What happens. */
  readonly feed: LiveFeed;
  /** What operations work with. */
  readonly operations: Omit<OperationContext, "caller">;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of this hub. */
  readonly log: Logger;
}

/** See the module comment. */
export class Links implements AsyncDisposable {
  readonly #dialers: readonly LinkDialer[];
  readonly #connections = new Set<HubConnection>();

  /** Dials from now on. */
  constructor({ links, feed, operations, clock, log }: LinksOptions) {
    // Who has the link needs no token: this hub has dialed it, and has proven itself with its key.
    const dispatch = hubDispatcher({ isAuthorized: () => true, log });
    const serve = (stream: ByteStream, link: LinkConfig) => {
      // It says its own name first.
      const own = { ...operations, caller: hubCaller(linkName(link), linkName(link)) };
      const connection = serveHubConnection(stream, { dispatch, feed, operations: own, clock, log });
      this.#connections.add(connection);
      void connection.closed.then(() => this.#connections.delete(connection));
    };
    this.#dialers = links.map((link) => new LinkDialer({ link, serve, clock, log }));
  }

  /** How it goes with each link. */
  get statuses(): readonly HubLink[] {
    return this.#dialers.map(({ status }) => status);
  }

  /** Answers the requests in flight, and ends all links. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.finish()));
    await Promise.all(this.#dialers.map((dialer) => dialer[Symbol.asyncDispose]()));
    await Promise.all([...this.#connections].map(({ closed }) => closed));
  }
}

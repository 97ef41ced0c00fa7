/**
 * The connection to the hub of a program that runs for days: it goes on after a restart of the hub, as every client does,
 * and after a change of the hub's token.
 *
 * @module
 */

import type { FollowMessage, FollowOptions, HubClient } from "../../hub/hub_client.ts";
import { HubCallError } from "../../hub/hub_errors.ts";
import type { OperationName, OperationParams, OperationResult } from "../../hub/operation_types.ts";
import { UNAUTHORIZED } from "../../rpc/errors.ts";

/** Connects to the hub that runs, with the token of now. */
export type OpenHub = () => Promise<HubClient>;

/** A client of the hub that connects again when its token is not valid any more. */
export class HubLink implements HubClient {
  readonly #open: OpenHub;
  #client: HubClient;
  /** All connections so far. Calls may still wait on a former one. */
  readonly #clients = new AsyncDisposableStack();
  /** Settles when the connection has been replaced. */
  #replacing: Promise<void> | undefined;

  /**
   * @param client The first connection; the link closes it.
   * @param open Makes another one.
   */
  constructor(client: HubClient, open: OpenHub) {
    this.#client = this.#clients.use(client);
    this.#open = open;
  }

  async call<N extends OperationName>(name: N, params: OperationParams<N>): Promise<OperationResult<N>> {
    const client = this.#client;
    try {
      return await client.call(name, params);
    } catch (error) {
      // The hub has done nothing with the call.
      if (!(error instanceof HubCallError) || error.code !== UNAUTHORIZED) throw error;
    }
    if (this.#client === client) await (this.#replacing ??= this.#replace());
    return await this.#client.call(name, params);
  }

  /** Follows over the connection of now. A call before tells whether the token is valid. */
  follow(options?: FollowOptions): AsyncGenerator<FollowMessage> {
    return this.#client.follow(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clients.disposeAsync();
  }

  async #replace(): Promise<void> {
    try {
      this.#client = this.#clients.use(await this.#open());
    } finally {
      this.#replacing = undefined;
    }
  }
}

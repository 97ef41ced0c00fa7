/**
 * The keys with which hosts dial this hub. Only their hashes are stored: a key is random, so that its hash cannot be
 * reversed.
 *
 * @module
 */

import type { Store } from "../../store/store.ts";
import type { Clock } from "../../system/clock.ts";
import { RequestError } from "../../system/request_error.ts";
import { hashToken, randomText } from "../access/token_hash.ts";

const KEY_BYTES = 32;
/** Tells what a key is for where it turns up, such as in a file or a log. */
const PREFIX = "clhk_";

/** See the module comment. */
export class HostKeys {
  readonly #table: Store["hostKeys"];
  readonly #clock: Clock;

  /** @param store What the hub keeps. */
  constructor({ hostKeys }: Pick<Store, "hostKeys">, clock: Clock) {
    this.#table = hostKeys;
    this.#clock = clock;
  }

  /**
   * Makes the key of a host: `clhk_` and 32 random bytes in base64url.
   *
   * @throws {RequestError} If it has one.
   */
  create(host: string): string {
    if (this.#table.has(host)) {
      throw new RequestError("conflict", `host ${JSON.stringify(host)} has a key already: revoke that first`);
    }
    const key = PREFIX + randomText(KEY_BYTES);
    this.#table.insert({ host, hash: hashToken(key), createdAt: this.#clock.now() });
    return key;
  }

  /** Whether a host has a key. */
  has(host: string): boolean {
    return this.#table.has(host);
  }

  /** Makes the key of a host invalid; returns whether it had one. */
  revoke(host: string): boolean {
    return this.#table.delete(host);
  }

  /** Returns the host whose key a text is; `undefined` if it is none. */
  hostOf(key: string): string | undefined {
    return this.#table.hostOf(hashToken(key));
  }
}

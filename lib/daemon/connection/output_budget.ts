/**
 * Bounds the memory that the unread output of one client may occupy, including replies that are not produced yet
 * (contract: Memory and fairness).
 *
 * @module
 */

import type { OutputShare } from "../../methods/context.ts";
import { INTERNAL_ERROR, RpcError } from "../../rpc/errors.ts";

/** A share of a budget. */
class Share implements OutputShare {
  readonly #budget: OutputBudget;
  bytes = 0;
  wanted = 0;
  waiting: PromiseWithResolvers<void> | undefined;

  constructor(budget: OutputBudget) {
    this.#budget = budget;
  }

  take(bytes: number): Promise<void> | undefined {
    return this.#budget.take(this, bytes);
  }

  hold(bytes: number): void {
    this.#budget.hold(this, bytes);
  }

  release(): void {
    this.#budget.release(this);
  }
}

/**
 * A budget of memory. Shares are granted in the order in which they were first requested. The oldest share is always
 * granted, even beyond the whole budget: that way, a single large reply can be sent, and no share waits forever as long
 * as the client reads.
 */
export class OutputBudget {
  readonly #limit: number;
  /** The shares, oldest first. */
  readonly #shares = new Set<Share>();
  #held = 0;
  #isClosed = false;

  /** Creates a budget of this many bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many bytes are granted. */
  get held(): number {
    return this.#held;
  }

  /** Returns an empty share. */
  share(): OutputShare {
    return new Share(this);
  }

  /** Enlarges a share; see {@linkcode OutputShare.take}. */
  take(share: Share, bytes: number): Promise<void> | undefined {
    if (this.#isClosed) return Promise.reject(clientGone());
    if (bytes <= share.bytes) return undefined;
    this.#shares.add(share);
    share.wanted = bytes;
    if (this.#isNext(share) && this.#fits(share)) return this.#grant(share);
    share.waiting = Promise.withResolvers();
    return share.waiting.promise;
  }

  /** Records the size of a share, granted or not; see {@linkcode OutputShare.hold}. */
  hold(share: Share, bytes: number): void {
    if (this.#isClosed) return;
    this.#shares.add(share);
    this.#held += bytes - share.bytes;
    share.bytes = bytes;
    this.#grantWaiting();
  }

  /** Releases a share. */
  release(share: Share): void {
    if (!this.#shares.delete(share)) return;
    this.#held -= share.bytes;
    share.bytes = 0;
    this.#grantWaiting();
  }

  /** Grants no more shares, and rejects those that wait. */
  close(): void {
    this.#isClosed = true;
    for (const { waiting } of this.#shares) waiting?.reject(clientGone());
    this.#shares.clear();
    this.#held = 0;
  }

  /** Whether no older share waits. */
  #isNext(share: Share): boolean {
    for (const older of this.#shares) {
      if (older === share) return true;
      if (older.waiting !== undefined) return false;
    }
    return false;
  }

  #fits(share: Share): boolean {
    const [oldest] = this.#shares;
    return share === oldest || this.#held + share.wanted - share.bytes <= this.#limit;
  }

  #grant(share: Share): undefined {
    this.#held += share.wanted - share.bytes;
    share.bytes = share.wanted;
    share.waiting?.resolve();
    share.waiting = undefined;
  }

  #grantWaiting(): void {
    for (const share of this.#shares) {
      if (share.waiting === undefined) continue;
      if (!this.#fits(share)) return;
      this.#grant(share);
    }
  }
}

/** No client receives this error: the reply has no receiver any more. */
function clientGone(): RpcError {
  return new RpcError(INTERNAL_ERROR, "the client is gone");
}

/**
 * How much of what one client has not read yet may be in memory, replies that are still to be made
 * included (contract: Memory and fairness).
 *
 * @module
 */

import type { OutputRoom } from "../../methods/context.ts";
import { INTERNAL_ERROR, RpcError } from "../../rpc/errors.ts";

/** A share of a budget, and whoever waits for it. */
class Share implements OutputRoom {
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
 * Shares are granted in the order in which they were first asked for. The oldest always gets what it
 * asks for, more than the whole budget too: so a single large reply goes out, and nobody waits for
 * ever as long as the client reads.
 */
export class OutputBudget {
  readonly #limit: number;
  /** The oldest first. */
  readonly #shares = new Set<Share>();
  #held = 0;
  #isClosed = false;

  /** Grants this many bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The bytes that are granted. */
  get held(): number {
    return this.#held;
  }

  /** A share of nothing. */
  share(): OutputRoom {
    return new Share(this);
  }

  /** Grants a share more; see {@linkcode OutputRoom.take}. */
  take(share: Share, bytes: number): Promise<void> | undefined {
    if (this.#isClosed) return Promise.reject(clientGone());
    if (bytes <= share.bytes) return undefined;
    this.#shares.add(share);
    share.wanted = bytes;
    if (this.#isFirstInLine(share) && this.#fits(share)) return this.#grant(share);
    share.waiting = Promise.withResolvers();
    return share.waiting.promise;
  }

  /** Notes what a share has, granted or not; see {@linkcode OutputRoom.hold}. */
  hold(share: Share, bytes: number): void {
    if (this.#isClosed) return;
    this.#shares.add(share);
    this.#held += bytes - share.bytes;
    share.bytes = bytes;
    this.#grantWaiting();
  }

  /** Takes a share back. */
  release(share: Share): void {
    if (!this.#shares.delete(share)) return;
    this.#held -= share.bytes;
    share.bytes = 0;
    this.#grantWaiting();
  }

  /** Grants nothing more; whoever waits is told that the client is gone. */
  close(): void {
    this.#isClosed = true;
    for (const { waiting } of this.#shares) waiting?.reject(clientGone());
    this.#shares.clear();
    this.#held = 0;
  }

  /** Whether no older share waits. */
  #isFirstInLine(share: Share): boolean {
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

/** It is told to nobody: the reply has no receiver. */
function clientGone(): RpcError {
  return new RpcError(INTERNAL_ERROR, "the client is gone");
}

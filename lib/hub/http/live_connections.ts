/**
 * The connections that stay open: they end when the hub stops, or when who has them may not talk to it any more.
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";
import type { Access } from "../access/access.ts";
import type { Caller } from "../caller.ts";
import type { Problem } from "./problem.ts";

/** The most connections. One whose client does not read occupies some memory until the network gives it up. */
const MAX_CONNECTIONS = 1_000;
const RETRY_SECONDS = "10";
/** How long a sign-in is not looked at, in milliseconds: the clock of the machine may be set, or may have slept. */
const LOOK_MS = 600_000;

/** A connection that stays open. */
export interface LiveConnection {
  /** Settles when it is closed; never rejects. */
  readonly closed: Promise<void>;
  /** Closes it because the hub stops. */
  goAway(): void;
  /** Closes it because who has it may not talk to the hub any more. */
  revoke(): void;
}

/** The connections that stay open. */
export class LiveConnections implements AsyncDisposable {
  readonly #open = new Map<LiveConnection, Caller>();
  readonly #revocations: Disposable;
  readonly #access: Access;
  readonly #clock: Clock;

  /** @param access Tells who may not talk to the hub any more. */
  constructor(access: Access, clock: Clock) {
    this.#access = access;
    this.#clock = clock;
    this.#revocations = access.onRevoked((isRevoked) => {
      for (const [connection, caller] of this.#open) if (isRevoked(caller)) connection.revoke();
    });
  }

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /** Returns why there cannot be one more; `undefined` if there can. */
  refuse(): Problem | undefined {
    if (this.#open.size < MAX_CONNECTIONS) return undefined;
    const detail = `${MAX_CONNECTIONS} live connections are open, which is the limit`;
    return { status: 429, detail, headers: [["retry-after", RETRY_SECONDS]] };
  }

  /** Looks after a connection until it is closed. */
  add(connection: LiveConnection, caller: Caller): void {
    this.#open.set(connection, caller);
    const cancel = caller.signIn === undefined ? () => {} : this.#endWith(caller.signIn, connection);
    void connection.closed.then(() => {
      cancel();
      this.#open.delete(connection);
    });
  }

  /** Closes a connection when its sign-in has expired. Its other requests make that last longer, the connection does not. */
  #endWith(signIn: string, connection: LiveConnection): () => void {
    let cancel = () => {};
    const look = () => {
      const left = this.#access.timeLeft(signIn);
      if (left <= 0) connection.revoke();
      else cancel = this.#clock.after(Math.min(left, LOOK_MS), look);
    };
    look();
    return () => cancel();
  }

  /** Closes all. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#revocations[Symbol.dispose]();
    const open = [...this.#open.keys()];
    for (const connection of open) connection.goAway();
    await Promise.all(open.map(({ closed }) => closed));
  }
}

/**
 * Decides which clients a retired daemon admits: only the daemon that relays to it.
 *
 * Requests with another token are never refused. Until the next daemon serves, clients still connect to the public
 * socket with a valid token, the former or the next one. They wait without an answer until it is clear which daemon
 * serves; then they are disconnected, connect again and reach that daemon.
 *
 * @module
 */

import type { Admit, ClientContext } from "../methods/context.ts";
import { tokenChecker } from "../rpc/dispatch.ts";
import type { Clock } from "../system/clock.ts";

/** How long a client may be connected without the right token, in milliseconds. */
const TOKEN_MS = 2_000;

/** A client that has not presented the right token. */
interface Stranger {
  /** Whether it waits for an answer. */
  isWaiting: boolean;
  /** Whether its time to present the token has passed. */
  isLate: boolean;
  /** Cancels the timer. */
  readonly cancel: () => void;
}

/** Decides which clients a retired daemon admits. */
export class Gate {
  readonly #clock: Clock;
  readonly #onAlone: () => void;
  #isRight: (token: string) => boolean = () => false;
  /** `waiting` until it is clear which daemon serves, then `closed`; `open` if this daemon serves again. */
  #state: "waiting" | "closed" | "open" = "waiting";
  readonly #guests = new Set<ClientContext>();
  readonly #strangers = new Map<ClientContext, Stranger>();

  /**
   * Admits no client yet.
   *
   * @param clock The source of time.
   * @param onAlone Called when the last client with the right token has disconnected.
   */
  constructor(clock: Clock, onAlone: () => void) {
    this.#clock = clock;
    this.#onAlone = onAlone;
  }

  /** Whether no client with the right token is connected. */
  get isAlone(): boolean {
    return this.#guests.size === 0;
  }

  /** Sets the token; only clients that present it are admitted. */
  useToken(token: string): void {
    this.#isRight = tokenChecker(token);
  }

  /** Adds a client that has just connected. */
  noteOpened(client: ClientContext): void {
    const cancel = this.#clock.after(TOKEN_MS, () => this.#noteLate(client));
    this.#strangers.set(client, { isWaiting: false, isLate: false, cancel });
    client.signal.addEventListener("abort", () => this.#forget(client), { once: true });
  }

  /** Admits a request, or leaves it without an answer. */
  readonly admit: Admit = (token, client) => {
    if (this.#isRight(token)) {
      this.#admitGuest(client);
      return true;
    }
    const stranger = this.#strangers.get(client);
    if (stranger !== undefined) stranger.isWaiting = true;
    if (this.#state !== "waiting") client.hangUp();
    return undefined;
  };

  /** The next daemon serves: disconnects the clients that wait, and from now on all that do not present the token. */
  close(): void {
    this.#state = "closed";
    // The others may be about to present the token.
    for (const [client, { isWaiting, isLate }] of this.#strangers) if (isWaiting || isLate) client.hangUp();
  }

  /** This daemon serves again: disconnects the clients that wait and keeps all others. */
  open(): void {
    this.#state = "open";
    for (const [client, { isWaiting, cancel }] of this.#strangers) {
      cancel();
      if (isWaiting) client.hangUp();
    }
  }

  #admitGuest(client: ClientContext): void {
    const stranger = this.#strangers.get(client);
    if (stranger === undefined) return;
    stranger.cancel();
    this.#strangers.delete(client);
    this.#guests.add(client);
  }

  #noteLate(client: ClientContext): void {
    const stranger = this.#strangers.get(client);
    if (stranger !== undefined) stranger.isLate = true;
    if (this.#state === "closed" && stranger !== undefined) client.hangUp();
  }

  #forget(client: ClientContext): void {
    this.#strangers.get(client)?.cancel();
    this.#strangers.delete(client);
    if (this.#guests.delete(client) && this.isAlone && this.#state !== "open") this.#onAlone();
  }
}

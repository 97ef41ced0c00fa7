/**
 * Who is let in to a daemon that hands over: the daemon that relays to it, and nobody else.
 *
 * A token is never refused here. Until the next daemon serves, clients still find the public socket
 * and come with the right token, the old one or the new one. They wait, without an answer, and are
 * hung up on once it is clear who serves: then they connect again, and find that daemon.
 *
 * @module
 */

import type { Admit, ClientContext } from "../methods/context.ts";
import { tokenChecker } from "../rpc/dispatch.ts";
import type { Clock } from "../system/clock.ts";

/** How long a client may be connected without the right token, in milliseconds. */
const TOKEN_MS = 2_000;

/** A client that has not said the right token. */
interface Stranger {
  /** Whether it waits for an answer. */
  isWaiting: boolean;
  /** Whether its time is over. */
  isLate: boolean;
  /** Stops its time. */
  readonly cancel: () => void;
}

/** See the module. */
export class Gate {
  readonly #clock: Clock;
  readonly #onAlone: () => void;
  #isRight: (token: string) => boolean = () => false;
  /** `waiting` until it is clear who serves; `open` when it is this daemon after all. */
  #state: "waiting" | "closed" | "open" = "waiting";
  readonly #guests = new Set<ClientContext>();
  readonly #strangers = new Map<ClientContext, Stranger>();

  /**
   * Lets nobody in yet.
   *
   * @param clock The source of time.
   * @param onAlone Called when the last client that had the right token has gone.
   */
  constructor(clock: Clock, onAlone: () => void) {
    this.#clock = clock;
    this.#onAlone = onAlone;
  }

  /** Whether nobody with the right token is connected. */
  get isAlone(): boolean {
    return this.#guests.size === 0;
  }

  /** Lets in whoever has this token, and nobody else. */
  useToken(token: string): void {
    this.#isRight = tokenChecker(token);
  }

  /** Notes a client that has just connected. */
  noteOpened(client: ClientContext): void {
    const cancel = this.#clock.after(TOKEN_MS, () => this.#noteLate(client));
    this.#strangers.set(client, { isWaiting: false, isLate: false, cancel });
    client.signal.addEventListener("abort", () => this.#forget(client), { once: true });
  }

  /** Lets a request in, or leaves it without an answer. */
  readonly admit: Admit = (token, client) => {
    if (this.#isRight(token)) {
      this.#welcome(client);
      return true;
    }
    const stranger = this.#strangers.get(client);
    if (stranger !== undefined) stranger.isWaiting = true;
    if (this.#state !== "waiting") client.hangUp();
    return undefined;
  };

  /** The next daemon serves: whoever waits is hung up on, and from now on whoever does not come with the token. */
  close(): void {
    this.#state = "closed";
    // The others may be about to say the token.
    for (const [client, { isWaiting, isLate }] of this.#strangers) if (isWaiting || isLate) client.hangUp();
  }

  /** This daemon serves again: whoever waits is hung up on, everybody else stays. */
  open(): void {
    this.#state = "open";
    for (const [client, { isWaiting, cancel }] of this.#strangers) {
      cancel();
      if (isWaiting) client.hangUp();
    }
  }

  #welcome(client: ClientContext): void {
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

/**
 * The line to a host that dials this hub.
 *
 * @module
 */

import type { LineState } from "../../hosts/types.ts";
import type { Clock } from "../../system/clock.ts";
import { happensWithin } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import { introduced } from "../hosts/introduced.ts";
import { acceptsNoKey, type HostLine } from "../hosts/host_line.ts";
import { CLOSE } from "../http/close_codes.ts";
import { HubUnreachableError } from "../hub_errors.ts";
import { HubLine, type OnNotification } from "../hub_line.ts";
import type { LinkEnd, LinkSocket } from "./link_socket.ts";

/** How long the older of two links may take to show that its host is there, in milliseconds. */
const PING_MS = 2_000;
/** How long those who want to talk to a host wait for it to dial again, in milliseconds. */
const DIAL_MS = 1_000;

const REVOKED = "the key was revoked";

/** A link that has come, and from where. */
interface Arrival {
  readonly link: LinkSocket;
  readonly address: string;
  /** Whether the key is still valid with which it has come. */
  readonly isKeyValid: () => boolean;
}

/** Options of {@linkcode LinkLine}. */
export interface LinkLineOptions {
  /** The name of the host. */
  readonly name: string;
  /** The name of this hub. */
  readonly ownName: string;
  /** Whether the host has a key. */
  readonly hasKey: boolean;
  /** Called with each new state. */
  readonly onState: (state: LineState) => void;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
}

/** See the module comment. */
export class LinkLine implements HostLine {
  readonly kind = "link";
  readonly acceptKey = acceptsNoKey;
  readonly #options: LinkLineOptions;
  #state: LineState;
  #current: Arrival | undefined;
  /** Settles when the link that has come last is taken or refused. */
  #taking: Promise<void> = Promise.resolve();
  #arrived = Promise.withResolvers<void>();
  #isClosed = false;
  #hasKey: boolean;

  /** Waits for the host from now on. */
  constructor(options: LinkLineOptions) {
    this.#options = options;
    this.#hasKey = options.hasKey;
    this.#state = { status: "offline", reason: options.hasKey ? waiting(options.name) : keyless(options.name) };
  }

  /** How it goes. */
  get state(): LineState {
    return this.#state;
  }

  /** Whether there is a key with which the host may dial. */
  get hasKey(): boolean {
    return this.#hasKey;
  }

  /** Does nothing: it is the host that dials. */
  retry(): void {}

  /** Connects to the hub at the other end. */
  readonly dial = async (onNotification?: OnNotification): Promise<HubLine> => {
    const { ownName, clock } = this.#options;
    if (this.#current === undefined) await happensWithin(this.#arrived.promise, DIAL_MS, clock);
    if (this.#current === undefined) throw new HubUnreachableError(this.#state.reason ?? "the host has not dialed");
    // Who has the link needs no token.
    return introduced(new HubLine(this.#current.link.open(), "", onNotification), ownName);
  };

  /**
   * Takes a link that the host has made with its key. The newer of two wins.
   *
   * @param address The network address from which it comes.
   * @param isKeyValid Whether its key is still valid: it may be revoked while the link waits for its turn.
   */
  attach(link: LinkSocket, address: string, isKeyValid: () => boolean): void {
    this.#taking = this.#taking.then(() => this.#take({ link, address, isKeyValid }));
  }

  /** A key was made. */
  keyMade(): void {
    this.#hasKey = true;
    if (this.#current === undefined) this.#set({ status: "offline", reason: waiting(this.#options.name) });
  }

  /** The key is not valid any more. */
  keyRevoked(): void {
    this.#hasKey = false;
    this.#end(CLOSE.policy, REVOKED, { status: "offline", reason: keyless(this.#options.name) });
  }

  /** Ends the line. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#current?.link.close(CLOSE.goingAway, "the hub stops, or has forgotten the host");
    this.#arrived.resolve();
    await this.#taking;
  }

  async #take(arrival: Arrival): Promise<void> {
    if (this.#current !== undefined) await this.#replace(this.#current, arrival);
    const { link } = arrival;
    if (this.#isClosed) return link.close(CLOSE.goingAway, "the hub stops, or has forgotten the host");
    if (!arrival.isKeyValid()) return link.close(CLOSE.policy, REVOKED);
    if (link.isClosed) return;
    this.#current = arrival;
    void link.closed.then((end) => this.#lost(arrival, end));
    this.#set({ status: "up" });
    this.#arrived.resolve();
  }

  /** A host that has lost its connection dials again before this hub notices. Two hosts with one key are a mistake. */
  async #replace(older: Arrival, newer: Arrival): Promise<void> {
    const { name, log } = this.#options;
    const isAlive = await older.link.ping(PING_MS);
    // Nobody is cut off for one that has gone in the meantime.
    if (older.link.isClosed || newer.link.isClosed || !newer.isKeyValid()) return;
    const reason = isAlive
      ? `another hub has connected with the key of ${name}, from ${newer.address}`
      : "the host has connected again, and did not answer here";
    const told = isAlive
      ? `another hub was connected with the key of ${name}, from ${older.address}, and is cut off: give each its own key`
      : "the former connection did not answer any more, and is closed";
    log[isAlive ? "warn" : "info"](`[hosts] ${name}: ${isAlive ? reason : told}`);
    newer.link.tell(told);
    this.#current = undefined;
    older.link.close(CLOSE.replaced, reason);
  }

  #lost(arrival: Arrival, { reason }: LinkEnd): void {
    if (this.#current !== arrival) return;
    const why = reason === "" ? "" : `: ${reason}`;
    this.#down({ status: "offline", problem: "lost", reason: `the connection was lost${why}; the host dials again` });
  }

  #end(code: number, reason: string, state: LineState): void {
    const link = this.#current?.link;
    this.#down(state);
    link?.close(code, reason);
  }

  #down(state: LineState): void {
    // Who waits already goes on to wait for the same promise.
    if (this.#current !== undefined) this.#arrived = Promise.withResolvers();
    this.#current = undefined;
    if (!this.#isClosed) this.#set(state);
  }

  #set(state: LineState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

function waiting(name: string): string {
  return `it has not connected yet: on ${name}, run claustrum hub link wss://THIS-HUB/ws/daemon with its key`;
}

function keyless(name: string): string {
  return `it has no key: claustrum host key create ${name} makes one`;
}

/**
 * What a hub knows of another one: its sessions and what they ask for, kept up to date over any number of lost
 * connections. Nothing of it is decided here, and nothing is stored.
 *
 * @module
 */

import { abortable } from "../../client/abortable.ts";
import { HostRefusedError } from "../../client/errors.ts";
import type { PendingPermission, Session } from "../../sessions/types.ts";
import type { Clock } from "../../system/clock.ts";
import { connectHubOver, type DialHub, type ForwardedCaller, type ForwardingClient } from "../connect_hub.ts";
import type { FollowMessage, HubClient } from "../hub_client.ts";
import { HubUnreachableError } from "../hub_errors.ts";
import type { OperationName, OperationParams, OperationResult } from "../operation_types.ts";
import { ofHost, sessionOfHost } from "./host_messages.ts";

/** How long to wait before a hub that cannot be reached is tried again, in milliseconds; a line that is up hurries it. */
const RETRY_MS = 5_000;

/** Options of {@linkcode HostMirror}. */
export interface HostMirrorOptions {
  /** The name of the host on this hub; its own name may be another one, or that of a third. */
  readonly name: string;
  /** Connects to its hub. */
  readonly dial: DialHub;
  /** The topics of the notices that are wanted all the time. @default {none} */
  readonly topics?: readonly string[];
  /** Called with each message, with the names of this hub, after the mirror has taken it. */
  readonly onMessage: (message: FollowMessage) => void;
  /** Called when the hub is reached, and when it is lost. */
  readonly onChange: () => void;
  /** Called with unexpected errors. */
  readonly onError: (error: unknown) => void;
  /** The source of time. */
  readonly clock: Clock;
}

/** What somebody follows of a host. */
export interface HostFollowOptions {
  /** The id of the last event that is not wanted. @default {the newest} */
  readonly after?: number | undefined;
  /** The ids of the sessions that are wanted. @default {all} */
  readonly sessions?: readonly string[] | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** See the module comment. */
export class HostMirror implements AsyncDisposable {
  readonly #options: HostMirrorOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  readonly #sessions = new Map<string, Session>();
  #permissions: readonly PendingPermission[] = [];
  #client: ForwardingClient | undefined;
  #isUp = false;
  #contacts = 0;
  #version: string | undefined;
  #lastEvent = 0;
  #contactAt: number | undefined;
  #hurry = Promise.withResolvers<void>();
  /** Settles when there is a client. */
  #arrival = Promise.withResolvers<void>();

  /** Connects from now on. */
  constructor(options: HostMirrorOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Whether the hub can be reached, as far as is known. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** How often it was reached. */
  get contacts(): number {
    return this.#contacts;
  }

  /** The version of its claustrum; `undefined` before the first contact. */
  get version(): string | undefined {
    return this.#version;
  }

  /** When it was last heard of, in milliseconds since the epoch; `undefined` if never. */
  get contactAt(): number | undefined {
    return this.#isUp ? this.#options.clock.now() : this.#contactAt;
  }

  /** The id of its newest event, as far as is known. */
  get lastEvent(): number {
    return this.#lastEvent;
  }

  /** Its sessions, as of the last contact. */
  get sessions(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  /** What its sessions ask for, as of the last contact. */
  get permissions(): readonly PendingPermission[] {
    return this.#permissions;
  }

  /** Tries again now: the line is up. */
  hurry(): void {
    this.#hurry.resolve();
  }

  /**
   * Runs an operation there.
   *
   * @param caller In whose name, where the line carries that. @default {this hub's own}
   * @throws {HubCallError} If it answers with an error.
   * @throws {HubUnreachableError} If it cannot be reached.
   */
  async call<N extends OperationName>(
    name: N,
    params: OperationParams<N>,
    caller?: ForwardedCaller,
  ): Promise<OperationResult<N>> {
    if (this.#client === undefined || !this.#isUp) throw this.#away();
    return await this.#client.call(name, params, caller);
  }

  /**
   * Follows its sessions over a connection of its own, with the names of this hub: each event after one once and in order,
   * however often the hub is away.
   *
   * @throws {HubCallError} If it refuses, as for a session that it does not have.
   */
  async *follow({ after, sessions, signal }: HostFollowOptions): AsyncGenerator<FollowMessage> {
    const ending = AbortSignal.any([signal, this.#closing.signal]);
    let cursor = after;
    while (!ending.aborted) {
      const client = await this.#connected(ending);
      if (client === undefined) return;
      const wanted = {
        ...(cursor === undefined ? {} : { after: cursor }),
        ...(sessions === undefined ? {} : { sessions }),
      };
      try {
        for await (const message of client.follow({ ...wanted, signal: ending })) {
          if (message.type === "snapshot") cursor ??= message.last_event;
          if (message.type === "event") cursor = message.event.id;
          yield ofHost(message, this.#options.name);
        }
      } catch (error) {
        const isAway = error instanceof HubUnreachableError || error instanceof HostRefusedError;
        if (!isAway && !ending.aborted) throw error;
      }
    }
  }

  /** Forgets the hub. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#hurry.resolve();
    await this.#running;
  }

  /** Waits for a client of the hub; `undefined` when nobody waits any more. */
  async #connected(signal: AbortSignal): Promise<ForwardingClient | undefined> {
    while (!signal.aborted) {
      if (this.#client !== undefined) return this.#client;
      try {
        await abortable(this.#arrival.promise, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
    return undefined;
  }

  #away(): HubUnreachableError {
    return new HubUnreachableError(`host ${JSON.stringify(this.#options.name)} cannot be reached now`);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // A line that comes up while a former connection is still waited for counts, too.
      this.#hurry = Promise.withResolvers();
      try {
        await this.#mirror();
      } catch (error) {
        const isExpected = error instanceof HubUnreachableError || error instanceof HostRefusedError;
        if (!signal.aborted && !isExpected) this.#options.onError(error);
      }
      this.#note(false);
      if (!signal.aborted) await this.#pause();
    }
  }

  async #mirror(): Promise<void> {
    const { dial, topics = [], clock } = this.#options;
    const { signal } = this.#closing;
    await using client = await connectHubOver(dial, { signal, clock, giveUpMs: Infinity });
    this.#client = client;
    this.#arrival.resolve();
    try {
      for await (const message of client.follow({ signal, watch: topics, onLost: () => this.#note(false) })) {
        await this.#take(client, message);
      }
    } finally {
      this.#client = undefined;
      this.#arrival = Promise.withResolvers();
    }
  }

  async #take(client: HubClient, message: FollowMessage): Promise<void> {
    const { name, onMessage } = this.#options;
    if (message.type === "snapshot") {
      // The hub may be another one since the last time, after an upgrade.
      this.#version = (await client.call("hub.status", {})).version;
      this.#contacts++;
      this.#sessions.clear();
      for (const session of message.sessions) this.#sessions.set(session.id, sessionOfHost(session, name));
      this.#permissions = message.permissions.map((permission) => ({ ...permission, host: name }));
      this.#lastEvent = message.last_event;
      this.#note(true);
    }
    if (message.type === "event") this.#lastEvent = message.event.id;
    if (message.type === "removed") this.#sessions.delete(message.session);
    if (message.type === "session") await this.#takeSession(client, message.session);
    onMessage(ofHost(message, name));
  }

  async #takeSession(client: HubClient, session: Session): Promise<void> {
    const { name } = this.#options;
    this.#sessions.set(session.id, sessionOfHost(session, name));
    const pending = new Set(session.permissions);
    const known = new Set(this.#permissions.map(({ id }) => id));
    this.#permissions = this.#permissions.filter((each) => each.session !== session.id || pending.has(each.id));
    if (session.permissions.every((id) => known.has(id))) return;
    this.#permissions = (await client.call("permissions.list", {})).map((each) => ({ ...each, host: name }));
  }

  #note(isUp: boolean): void {
    if (this.#isUp === isUp) return;
    if (!isUp) this.#contactAt = this.#options.clock.now();
    this.#isUp = isUp;
    this.#options.onChange();
  }

  async #pause(): Promise<void> {
    const cancel = this.#options.clock.after(RETRY_MS, () => this.#hurry.resolve());
    await this.#hurry.promise;
    cancel();
  }
}

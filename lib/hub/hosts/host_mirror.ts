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
import { FAILURE_CODES } from "../failure_codes.ts";
import { HubCallError, HubUnreachableError } from "../hub_errors.ts";
import type { OperationName, OperationParams, OperationResult } from "../operation_types.ts";
import { checkedMessages, checkedPermissions, checkedVersion } from "./checked_messages.ts";
import { HostContents } from "./host_contents.ts";
import { HostIds } from "./id_owners.ts";

/** How long to wait before a hub that cannot be reached is tried again, in milliseconds; a line that is up hurries it. */
const RETRY_MS = 5_000;
/** How long a hub may take to answer, in milliseconds. */
const ANSWER_MS = 180_000;

/** Options of {@linkcode HostMirror}. */
export interface HostMirrorOptions {
  /** The name of the host on this hub; its own name may be another one, or that of a third. */
  readonly name: string;
  /** Connects to its hub. */
  readonly dial: DialHub;
  /** Which ids belong to whom. @default {all belong to this host} */
  readonly ids?: HostIds;
  /** The sessions that it had when it was last reached. @default {none} */
  readonly sessions?: readonly Session[];
  /** Called with each message, with the names of this hub, after the mirror has taken it. */
  readonly onMessage: (message: FollowMessage) => void;
  /** Called when the hub is reached, and when it is lost. */
  readonly onChange: () => void;
  /** Called when the hub sends what is no message, and is left out. */
  readonly onNonsense?: () => void;
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
  readonly #contents: HostContents;
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
    this.#contents = new HostContents(options.name, options.ids ?? new HostIds());
    this.#contents.replace(options.sessions ?? []);
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
    return this.#contents.sessions;
  }

  /** What its sessions ask for, as of the last contact. */
  get permissions(): readonly PendingPermission[] {
    return this.#contents.permissions;
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
    return await this.#inTime(this.#client.call(name, params, caller));
  }

  /**
   * Follows its sessions over a connection of its own, with the names of this hub: each event after one once and in order,
   * however often the hub is away. A hub that does not have these events any more begins anew with a snapshot. It ends if
   * the hub does not have the sessions.
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
          // None was asked for. What a host says of projects, clones and other hosts would be taken for this hub's own.
          if (message.type === "notice") continue;
          if (message.type === "snapshot") cursor ??= message.last_event;
          if (message.type === "event") cursor = message.event.id;
          const shown = this.#contents.shown(message);
          if (shown !== undefined) yield shown;
        }
      } catch (error) {
        if (ending.aborted) return;
        const code = error instanceof HubCallError ? error.code : undefined;
        if (code === FAILURE_CODES.unknown.rpc && sessions !== undefined) return;
        if (code === FAILURE_CODES.bad_params.rpc && cursor !== undefined) cursor = undefined;
        else await this.#settle(error, ending);
      }
    }
  }

  /** Forgets the hub; what it had belongs to nobody from now on. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Who has asked it something is told why there is no answer.
    this.#closing.abort(new HubUnreachableError(`host ${JSON.stringify(this.#options.name)} was removed`));
    this.#contents.replacePermissions([]);
    this.#contents.replace([]);
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

  /** Waits before the hub is followed again; one that is away is waited for anyway. */
  async #settle(error: unknown, signal: AbortSignal): Promise<void> {
    if (!isAway(error)) this.#options.onError(error);
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(RETRY_MS, resolve);
    try {
      await abortable(this.#isUp ? promise : Promise.race([promise, this.#arrival.promise]), signal);
    } catch {
      // Nobody waits any more.
    } finally {
      cancel();
    }
  }

  /** @throws {HubUnreachableError} If the hub does not answer. */
  async #inTime<T>(answer: Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const name = JSON.stringify(this.#options.name);
    const error = new HubUnreachableError(`host ${name} did not answer in time`);
    const cancel = this.#options.clock.after(ANSWER_MS, () => reject(error));
    try {
      return await Promise.race([answer, late]);
    } finally {
      cancel();
    }
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
        if (!signal.aborted && !isAway(error)) this.#options.onError(error);
      }
      this.#note(false);
      if (!signal.aborted) await this.#pause();
    }
  }

  async #mirror(): Promise<void> {
    const { dial, clock, onNonsense = () => {} } = this.#options;
    const { signal } = this.#closing;
    const checked: DialHub = (onNotification) => dial(onNotification && checkedMessages(onNotification, onNonsense));
    await using client = await connectHubOver(checked, { signal, clock, giveUpMs: Infinity });
    this.#client = client;
    this.#arrival.resolve();
    try {
      for await (const message of client.follow({ signal, onLost: () => this.#note(false) })) {
        await this.#take(client, message);
      }
    } finally {
      this.#client = undefined;
      this.#arrival = Promise.withResolvers();
    }
  }

  async #take(client: HubClient, message: FollowMessage): Promise<void> {
    // What arrived before it was forgotten would give ids to a host that is gone.
    if (this.#closing.signal.aborted) return;
    if (message.type === "snapshot") {
      // The hub may be another one since the last time, after an upgrade.
      const version = checkedVersion(await this.#inTime(client.call("hub.status", {})));
      if (this.#closing.signal.aborted) return;
      this.#version = version;
      this.#contacts++;
      this.#contents.replace(message.sessions);
      this.#contents.replacePermissions(message.permissions);
      this.#lastEvent = message.last_event;
      this.#note(true);
    }
    if (message.type === "event") this.#lastEvent = message.event.id;
    if (message.type === "removed") this.#contents.remove(message.session);
    if (message.type === "session" && this.#contents.put(message.session)) await this.#askPermissions(client);
    if (message.type === "session" && !this.#contents.has(message.session.id)) return;
    const shown = this.#contents.shown(message);
    if (shown !== undefined && !this.#closing.signal.aborted) this.#options.onMessage(shown);
  }

  async #askPermissions(client: HubClient): Promise<void> {
    const permissions = checkedPermissions(await this.#inTime(client.call("permissions.list", {})));
    if (permissions === undefined) this.#options.onNonsense?.();
    else if (!this.#closing.signal.aborted) this.#contents.replacePermissions(permissions);
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

/** Whether an error says that a hub cannot be reached, which passes or waits for a person. */
function isAway(error: unknown): boolean {
  return error instanceof HubUnreachableError || error instanceof HostRefusedError;
}

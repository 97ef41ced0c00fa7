/**
 * The other machines of a hub that shows none: nothing of what reaches them is loaded before the first one is added.
 *
 * @module
 */

import type { Host } from "../../hosts/types.ts";
import type { PendingPermission, Session } from "../../sessions/types.ts";
import { importLate } from "../../system/import_late.ts";
import type { FollowMessage } from "../hub_client.ts";
import type { FollowedHosts } from "./host_follower.ts";
import type { HostFollowOptions } from "./host_mirror.ts";
import type { Hosts, HostsOptions } from "./hosts.ts";

/** The other machines, as far as a hub that shows none has to know them. */
export interface HubHosts extends FollowedHosts {
  /** The sessions of all hosts, as of the last contact. */
  readonly sessions: readonly Session[];
  /** What the sessions of the hosts ask for that can be answered now. */
  readonly permissions: readonly PendingPermission[];
  /** Returns the host of the session or the permission that a request names; `undefined` if it is none of a host. */
  hostOf(params: unknown): string | undefined;
  /** Returns all hosts, sorted by name. */
  list(): Host[];
  /** Returns the line of the host whose key a text is, and its name; `undefined` if it is no key. */
  lineOfKey(key: string): ReturnType<Hosts["lineOfKey"]>;
  /** Returns what the hosts are changed and asked with. */
  open(): Promise<Hosts>;
}

/** See the module comment. */
export class LazyHosts implements HubHosts, AsyncDisposable {
  readonly #options: HostsOptions;
  readonly #listeners = new Set<(name: string) => void>();
  #opening: Promise<Hosts> | undefined;
  #hosts: Hosts | undefined;

  /** Does nothing until the hosts are opened. */
  constructor(options: HostsOptions) {
    this.#options = options;
  }

  get ownName(): string {
    return this.#options.ownName;
  }

  get names(): readonly string[] {
    return this.#hosts?.names ?? [];
  }

  get lastEvents(): Readonly<Record<string, number>> {
    return this.#hosts?.lastEvents ?? {};
  }

  get sessions(): readonly Session[] {
    return this.#hosts?.sessions ?? [];
  }

  get permissions(): readonly PendingPermission[] {
    return this.#hosts?.permissions ?? [];
  }

  hostOf(params: unknown): string | undefined {
    return this.#hosts?.hostOf(params);
  }

  list(): Host[] {
    return this.#hosts?.list() ?? [];
  }

  lineOfKey(key: string): ReturnType<Hosts["lineOfKey"]> {
    return this.#hosts?.lineOfKey(key);
  }

  async *follow(name: string, options: HostFollowOptions): AsyncGenerator<FollowMessage> {
    yield* (await this.open()).follow(name, options);
  }

  onAdded(listener: (name: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  noteProblem(name: string, error: unknown): void {
    this.#hosts?.noteProblem(name, error);
  }

  open(): Promise<Hosts> {
    return this.#opening ??= this.#load();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opening)?.[Symbol.asyncDispose]();
  }

  async #load(): Promise<Hosts> {
    const { Hosts } = await importLate<typeof import("./hosts.ts")>(import.meta.resolve("./hosts.ts"));
    const hosts = new Hosts(this.#options);
    hosts.onAdded((name) => this.#listeners.forEach((listener) => listener(name)));
    return this.#hosts = hosts;
  }
}

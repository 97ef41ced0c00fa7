/**
 * The other machines that the hub shows, as the page knows them. Without any, nothing else of the page mentions them.
 *
 * @module
 */

import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import type { Host } from "../../hosts/types.ts";
import type { PendingPermission } from "../../sessions/types.ts";
import type { HubApi } from "../api/client.ts";
import type { HubState } from "./hub_state.ts";
import { hostsAfter } from "./live_lists.ts";
import { LiveValue } from "./live_value.ts";

/** Options of {@linkcode HostList}. */
export interface HostListOptions {
  /** Calls operations. */
  readonly api: Pick<HubApi, "call">;
  /** What is known of the hub; what it knows of hosts that were removed is forgotten. */
  readonly hub: HubState;
  /** Called with the name of a host that was removed. */
  readonly onRemoved?: (name: string) => void;
}

/** The other machines. */
export class HostList {
  /** The hosts, sorted by name. */
  readonly list: LiveValue<readonly Host[]>;
  /** The name of the hub itself; empty while no other host is known. */
  readonly ownName: Signal<string> = signal("");
  /** The version of the hub itself; empty while no other host is known. */
  readonly ownVersion: Signal<string> = signal("");
  /** Whether there are any. */
  readonly isUsed: ReadonlySignal<boolean> = computed(() => (this.list.value.value?.length ?? 0) > 0);
  /** Whether it is known which hosts there are, as far as it can be known. */
  readonly hasLoaded: ReadonlySignal<boolean> = computed(() =>
    this.list.value.value !== undefined || this.list.problem.value !== undefined
  );
  /** The names of the hub and of all hosts. */
  readonly names: ReadonlySignal<readonly string[]> = computed(() =>
    [this.ownName.value, ...(this.list.value.value ?? []).map(({ name }) => name)].filter((name) => name !== "")
  );
  readonly #byName: ReadonlySignal<ReadonlyMap<string, Host>> = computed(() =>
    new Map((this.list.value.value ?? []).map((host) => [host.name, host]))
  );
  readonly #options: HostListOptions;

  /** Keeps the hosts current from now on. */
  constructor(options: HostListOptions) {
    this.#options = options;
    const { hub } = options;
    this.list = new LiveValue({ hub, topics: ["hosts"], read: () => this.#read(), take: hostsAfter });
    this.list.open();
    effect(() => this.#dropRemoved());
  }

  /** Splits what waits for a person into what can be answered now, and what is on hosts that are away. */
  split(permissions: readonly PendingPermission[]): {
    readonly here: readonly PendingPermission[];
    readonly away: readonly PendingPermission[];
  } {
    const isHere = (each: PendingPermission) => this.awayHostOf(each) === undefined;
    const here = permissions.filter(isHere);
    return here.length === permissions.length
      ? { here: permissions, away: [] }
      : { here, away: permissions.filter((each) => !isHere(each)) };
  }

  /** Returns the host of something; `undefined` if it is on the hub itself. */
  of({ host }: { readonly host: string }): Host | undefined {
    return this.#byName.value.get(host);
  }

  /** Returns the name of the host of something, for operations; `undefined` if it is on the hub itself. */
  nameOf(thing: { readonly host: string }): string | undefined {
    return this.of(thing)?.name;
  }

  /** Returns the host of something if it cannot be reached now. */
  awayHostOf(thing: { readonly host: string }): Host | undefined {
    const host = this.of(thing);
    return host === undefined || host.state === "up" ? undefined : host;
  }

  /** Notes a host that this page has added or changed. */
  put(host: Host): void {
    this.list.put(hostsAfter(this.list.value.peek() ?? [], { type: "notice", topic: "hosts", host }));
    void this.#learnOwn();
  }

  /** Reads again how it goes with a host, which this page has changed. */
  async reload(name: string): Promise<void> {
    this.put(await this.#options.api.call("hosts.get", { host_name: name }));
  }

  /** Forgets a host that this page has removed. */
  drop(name: string): void {
    this.list.put((this.list.value.peek() ?? []).filter((each) => each.name !== name));
  }

  async #read(): Promise<readonly Host[]> {
    const { api, hub } = this.#options;
    const hosts = await api.call("hosts.list", {});
    if (hosts.length === 0) return hosts;
    await this.#learnOwn();
    // The hub tells nothing of a host that it has not reached yet, but remembers what it had.
    const unknown = hosts.filter(({ name, state, sessions }) => state !== "up" && sessions > 0 && !hub.knowsHost(name));
    if (unknown.length > 0) {
      const sessions = await api.call("sessions.list", {});
      for (const { name } of unknown) hub.recall(name, sessions.filter(({ host }) => host === name));
    }
    return hosts;
  }

  async #learnOwn(): Promise<void> {
    if (this.ownName.peek() !== "") return;
    const { name, version } = await this.#options.api.call("hub.status", {});
    this.ownName.value = name;
    this.ownVersion.value = version;
  }

  #dropRemoved(): void {
    const { hub, onRemoved } = this.#options;
    const hosts = this.list.value.value;
    if (hosts === undefined) return;
    const names = new Set(hosts.map(({ name }) => name));
    untracked(() => {
      for (const name of [...hub.hosts.peek()].filter((each) => !names.has(each))) {
        hub.forgetHost(name);
        onRemoved?.(name);
      }
    });
  }
}

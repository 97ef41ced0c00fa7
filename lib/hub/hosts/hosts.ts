/**
 * The other machines that this hub shows: their lines, what is known of them, and what is asked of them.
 *
 * @module
 */

import { readSshNames } from "../../hosts/ssh_names.ts";
import { ownTarget, type RunningRelease } from "../../hosts/release.ts";
import type {
  AddHostParams,
  Host,
  InstallHostParams,
  UninstalledHost,
  UninstallHostParams,
} from "../../hosts/types.ts";
import type { EventQuery } from "../../sessions/sessions.ts";
import type { PendingPermission, Session, SessionEvent } from "../../sessions/types.ts";
import { RequestError } from "../../system/request_error.ts";
import type { FollowMessage } from "../hub_client.ts";
import { HubUnreachableError } from "../hub_errors.ts";
import { HostKeys } from "../links/host_keys.ts";
import { LinkLine } from "../links/link_line.ts";
import { FoundHosts, HOST_NAME } from "./found_hosts.ts";
import type { FollowedHosts } from "./host_follower.ts";
import { HostInstalls } from "./host_installs.ts";
import type { HostFollowOptions, HostMirror } from "./host_mirror.ts";
import { natsHostOf } from "./nats_hosts.ts";
import { describe, type OpenHost } from "./open_host.ts";
import { LINK, parseLine } from "./open_line.ts";
import { ShownHosts, type ShownHostsOptions } from "./shown_hosts.ts";

/** Options of {@linkcode Hosts}. */
export interface HostsOptions extends Omit<ShownHostsOptions, "hasKey" | "onChange"> {
  /** The home directory of the person, whose ssh configuration names hosts. @default {none are suggested} */
  readonly home?: string | undefined;
  /** Called when something of a host has changed. */
  readonly onChange?: (host: Host) => void;
  /** Called with the name of a host that was removed. */
  readonly onRemoved?: (name: string) => void;
  /** The program that this hub runs, which is installed on hosts. @default {the one that runs} */
  readonly running?: RunningRelease;
}

/** See the module comment. */
export class Hosts implements FollowedHosts, AsyncDisposable {
  readonly #options: HostsOptions;
  readonly #keys: HostKeys;
  readonly #shown: ShownHosts;
  readonly #installs: HostInstalls;
  readonly #found: FoundHosts;

  /** Connects to all hosts that are stored. */
  constructor(options: HostsOptions) {
    this.#options = options;
    this.#keys = new HostKeys(options.store, options.clock);
    const { running = { module: Deno.mainModule, target: ownTarget() }, clock } = options;
    this.#installs = new HostInstalls({ running, clock, onChange: (name) => this.#announce(name) });
    const hasKey = (name: string) => this.#keys.has(name);
    this.#shown = new ShownHosts({ ...options, hasKey, onChange: (name) => this.#announce(name) });
    for (const row of options.store.hosts.list()) this.#shown.show(row);
    this.#found = new FoundHosts({ ...options, shown: this.#shown, onShown: (name) => this.#announce(name) });
  }

  /** The name of this hub. */
  get ownName(): string {
    return this.#options.ownName;
  }

  /** The names of the hosts. */
  get names(): readonly string[] {
    return this.#shown.names;
  }

  /**
   * Follows a host.
   *
   * @throws {RequestError} If there is no such host.
   */
  follow(name: string, options: HostFollowOptions): AsyncIterable<FollowMessage> {
    return this.#shown.find(name).mirror.follow(options);
  }

  /** Calls a listener with the name of each host that is added, until the result is disposed of. */
  onAdded(listener: (name: string) => void): Disposable {
    return this.#shown.onAdded(listener);
  }

  /** They are open already. */
  open(): Promise<Hosts> {
    return Promise.resolve(this);
  }

  /** Returns all hosts, sorted by name. */
  list(): Host[] {
    return this.#shown.all.map((host) => this.#describe(host)).sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /**
   * Returns a host.
   *
   * @throws {RequestError} If there is no such host.
   */
  get(name: string): Host {
    return this.#describe(this.#shown.find(name));
  }

  /**
   * Adds a host, and connects to it.
   *
   * @throws {RequestError} If the name is taken, or the address is none.
   */
  add({ name, address }: AddHostParams): Host {
    const { ownName, store, clock } = this.#options;
    if (!HOST_NAME.test(name)) {
      throw new RequestError(
        "bad_params",
        `"name": ${JSON.stringify(name)} must consist of letters, digits, . _ and -`,
      );
    }
    if ((this.#shown.has(name) && !this.#shown.get(name)?.isFound) || name === ownName) {
      throw new RequestError("conflict", `there is a host "${name}" already`);
    }
    const line = parseLine(address);
    const slot = this.#shown.slotFor(line);
    const row = { name, ...line, slot, addedAt: clock.now(), seenAt: undefined, seen: undefined };
    store.hosts.insert(row);
    this.#found.hide(line.line === "nats" ? natsHostOf(row) : undefined, name);
    const host = this.#shown.show(row);
    this.#announce(name);
    return this.#describe(host);
  }

  /**
   * Makes the key with which a host dials this hub, and the host if there is none.
   *
   * @returns The key, which cannot be told again.
   * @throws {RequestError} If the name fits no host, or the host has a key or is reached otherwise.
   */
  createKey(name: string): string {
    if (!this.#shown.has(name)) this.add({ name, address: LINK });
    const line = this.#linkOf(name);
    const key = this.#keys.create(name);
    line.keyMade();
    return key;
  }

  /**
   * Makes the key of a host invalid, and ends its connection.
   *
   * @throws {RequestError} If there is no such host, or it has no key.
   */
  revokeKey(name: string): void {
    const line = this.#linkOf(name);
    if (!this.#keys.revoke(name)) throw new RequestError("unknown", `host ${JSON.stringify(name)} has no key`);
    line.keyRevoked();
  }

  /** Returns the line of the host whose key a text is, and its name; `undefined` if it is no key. */
  lineOfKey(key: string): { readonly name: string; readonly line: LinkLine } | undefined {
    const name = this.#keys.hostOf(key);
    return name === undefined ? undefined : { name, line: this.#linkOf(name) };
  }

  /**
   * Forgets a host. Its sessions go on there. One that is in NATS is shown under its name there then, as all others.
   *
   * @throws {RequestError} If there is no such host.
   */
  async remove(name: string): Promise<void> {
    const host = this.#shown.find(name);
    if (host.isFound && host.mirror.isUp) {
      throw new RequestError(
        "conflict",
        `host "${name}" is shown because its hub is connected to NATS: take the table nats out of its hub.toml`,
      );
    }
    const { row, line } = host;
    const isInNats = row.line === "nats" && line.state.status === "up";
    this.#keys.revoke(name);
    this.#installs.forget(name);
    this.#options.store.hosts.delete(name);
    const hidden = this.#shown.hide(name);
    this.#options.onRemoved?.(name);
    if (isInNats) this.#found.show(natsHostOf(row));
    await hidden;
  }

  /** Returns the names of the person's ssh configuration. */
  async suggestions(): Promise<string[]> {
    const { home } = this.#options;
    return home === undefined ? [] : await readSshNames(home);
  }

  /**
   * Tries a host again now.
   *
   * @throws {RequestError} If there is no such host.
   */
  retry(name: string): Host {
    const host = this.#shown.find(name);
    host.line.retry();
    host.mirror.hurry();
    return this.#describe(host);
  }

  /**
   * Installs claustrum on a host, or another version of it, and waits until its hub is reached.
   *
   * @throws {RequestError} If there is no such host, or the installation fails.
   */
  async install({ host_name: name, release }: InstallHostParams, action: "install" | "upgrade"): Promise<Host> {
    await this.#installs.install({ name, ...this.#shown.find(name) }, action, release);
    return this.get(name);
  }

  /**
   * Takes claustrum away from a host, which stays known.
   *
   * @throws {RequestError} If there is no such host, sessions run there, or it fails.
   */
  async uninstall({ host_name: name, sessions = false }: UninstallHostParams): Promise<UninstalledHost> {
    const left = await this.#installs.uninstall({ name, ...this.#shown.find(name) }, sessions);
    return { host: this.get(name), left };
  }

  /**
   * Accepts the key of a host that is not known yet.
   *
   * @param fingerprint The one that a person has seen.
   * @throws {RequestError} If there is no such host, it does not wait for that, or it shows another key.
   */
  async acceptKey(name: string, fingerprint: string): Promise<Host> {
    const host = this.#shown.find(name);
    await host.line.acceptKey(fingerprint);
    return this.#describe(host);
  }

  /** The sessions of all hosts, as of the last contact. */
  get sessions(): readonly Session[] {
    return this.#shown.all.flatMap(({ mirror }) => mirror.sessions);
  }

  /** The id of the newest event of each host that is up. */
  get lastEvents(): Readonly<Record<string, number>> {
    const up = this.#shown.all.filter(({ mirror }) => mirror.isUp);
    return Object.fromEntries(up.map(({ row, mirror }) => [row.name, mirror.lastEvent]));
  }

  /** What the sessions of the hosts ask for that can be answered now. */
  get permissions(): readonly PendingPermission[] {
    return this.#shown.all.flatMap(({ mirror }) => mirror.isUp ? mirror.permissions : []);
  }

  /**
   * Returns the host of the session or the permission that a request names; `undefined` if it is none of a host. What this
   * hub has itself is never another one's, and what a host has never becomes that of a second one.
   */
  hostOf(params: unknown): string | undefined {
    return this.#shown.hostOf(params);
  }

  /**
   * Returns events of a session of a host that is away, from what is kept without it.
   *
   * @param session The id or the name of the session.
   * @returns `undefined` if nothing is kept without the host.
   * @throws {RequestError} If there is no such host, or what is kept cannot be read.
   */
  async pastEvents(name: string, session: string, query: EventQuery): Promise<readonly SessionEvent[] | undefined> {
    const { line, mirror } = this.#shown.find(name);
    const known = mirror.sessions.find((each) => each.id === session || each.name === session);
    if (line.pastEvents === undefined || known === undefined) return undefined;
    try {
      return (await line.pastEvents(known.id, query)).map((event) => ({ ...event, host: name }));
    } catch (error) {
      if (!(error instanceof HubUnreachableError)) throw error;
      throw new RequestError("unavailable", `${name}: ${error.message}`, { cause: error });
    }
  }

  /** Notes that a host cannot be followed. */
  noteProblem(name: string, error: unknown): void {
    this.#shown.noteProblem(name, error);
  }

  /**
   * Returns what is known of a host.
   *
   * @throws {RequestError} If there is no such host.
   */
  mirror(name: string): HostMirror {
    return this.#shown.find(name).mirror;
  }

  /** Ends all lines. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#installs[Symbol.dispose]();
    this.#found[Symbol.dispose]();
    await Promise.all(this.#shown.names.map((name) => this.#shown.hide(name)));
  }

  #linkOf(name: string): LinkLine {
    const { line } = this.#shown.find(name);
    if (line instanceof LinkLine) return line;
    throw new RequestError("conflict", `host ${JSON.stringify(name)} is reached over ${line.kind}, without a key`);
  }

  #announce(name: string): void {
    this.#installs.noteChange();
    const host = this.#shown.get(name);
    if (host !== undefined) this.#options.onChange?.(this.#describe(host));
  }

  #describe(host: OpenHost): Host {
    return describe(host, this.#installs.state(host.row.name));
  }
}

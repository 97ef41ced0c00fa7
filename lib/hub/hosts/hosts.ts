/**
 * The other machines that this hub shows: their lines, what is known of them, and what is asked of them.
 *
 * @module
 */

import type { Client } from "../../client/connect.ts";
import { LoginGate } from "../../hosts/login_gate.ts";
import { readSshNames } from "../../hosts/ssh_names.ts";
import { SshLine } from "../../hosts/ssh_line.ts";
import { formatSshTarget, parseSshTarget } from "../../hosts/ssh_target.ts";
import { ownTarget, type RunningRelease } from "../../hosts/release.ts";
import type {
  AddHostParams,
  Host,
  HostInstall,
  InstallHostParams,
  LineState,
  UninstalledHost,
  UninstallHostParams,
} from "../../hosts/types.ts";
import type { PendingPermission, Session } from "../../sessions/types.ts";
import type { HostRow, Store } from "../../store/store.ts";
import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import { RequestError } from "../../system/request_error.ts";
import type { FollowMessage } from "../hub_client.ts";
import { MAX_HOSTS } from "../hub_paths.ts";
import type { FollowedHosts } from "./host_follower.ts";
import { HostKeys } from "../links/host_keys.ts";
import { LinkLine } from "../links/link_line.ts";
import { HostInstalls } from "./host_installs.ts";
import { type HostLine, overSsh } from "./host_line.ts";
import { type HostFollowOptions, HostMirror } from "./host_mirror.ts";
import type { NatsHosts } from "../nats/types.ts";
import { isNatsAddress, nameForNatsHost, natsHostOf, withoutNats } from "./nats_hosts.ts";

/** How many sessions of a host are remembered for the time in which it is away. */
const MAX_REMEMBERED = 500;
/** The line of hosts that dial this hub. */
const LINK = "link";
/** From here on the numbers are those of hosts that need no sockets. */
const FIRST_FREE_SLOT = 1_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Options of {@linkcode Hosts}. */
export interface HostsOptions {
  /** The name of this hub, which no host may have. */
  readonly ownName: string;
  /** What the hub keeps. */
  readonly store: Store;
  /** Returns the connection to the daemon, which runs `ssh`, as soon as there is one. */
  readonly client: () => Promise<Client>;
  /** NATS, which shows hosts by itself. @default {there is none} */
  readonly nats?: NatsHosts | undefined;
  /** The directory of the hosts' sockets; it is there and private. */
  readonly directory: string;
  /** The home directory of the person, whose ssh configuration names hosts. @default {none are suggested} */
  readonly home?: string | undefined;
  /** More options of `ssh`, in tests only. @default {none} */
  readonly sshOptions?: readonly string[];
  /** Called with each message of a host, under its name here. */
  readonly onMessage?: (host: string, message: FollowMessage) => void;
  /** Called when something of a host has changed. */
  readonly onChange?: (host: Host) => void;
  /** Called with the name of a host that was removed. */
  readonly onRemoved?: (name: string) => void;
  /** The program that this hub runs, which is installed on hosts. @default {the one that runs} */
  readonly running?: RunningRelease;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
}

/** What was seen of a host, as it is stored. */
interface Seen {
  readonly version?: string;
  readonly sessions: readonly Session[];
}

interface OpenHost extends AsyncDisposable {
  readonly row: HostRow;
  readonly line: HostLine;
  readonly mirror: HostMirror;
  /** What was known before this hub has reached it. */
  readonly seen: Seen;
  /** Whether it is shown because NATS tells of it, and was added by nobody. */
  readonly isFound: boolean;
}

/** See the module comment. */
export class Hosts implements FollowedHosts, AsyncDisposable {
  readonly #options: HostsOptions;
  readonly #logins = new LoginGate();
  readonly #hosts = new Map<string, OpenHost>();
  readonly #listeners = new Set<(name: string) => void>();
  readonly #keys: HostKeys;
  readonly #installs: HostInstalls;
  readonly #finding: Disposable | undefined;

  /** Connects to all hosts that are stored. */
  constructor(options: HostsOptions) {
    this.#options = options;
    this.#keys = new HostKeys(options.store, options.clock);
    const { running = { module: Deno.mainModule, target: ownTarget() }, clock } = options;
    this.#installs = new HostInstalls({ running, clock, onChange: (name) => this.#announce(name) });
    for (const row of options.store.hosts.list()) this.#hosts.set(row.name, this.#open(row));
    for (const host of options.nats?.hosts ?? []) this.#showFound(host);
    this.#finding = options.nats?.onFound((host) => this.#showFound(host));
  }

  /** The name of this hub. */
  get ownName(): string {
    return this.#options.ownName;
  }

  /** The names of the hosts. */
  get names(): readonly string[] {
    return [...this.#hosts.keys()];
  }

  /**
   * Follows a host.
   *
   * @throws {RequestError} If there is no such host.
   */
  follow(name: string, options: HostFollowOptions): AsyncIterable<FollowMessage> {
    return this.#find(name).mirror.follow(options);
  }

  /** Calls a listener with the name of each host that is added, until the result is disposed of. */
  onAdded(listener: (name: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Returns all hosts, sorted by name. */
  list(): Host[] {
    return [...this.#hosts.values()].map((host) => this.#describe(host)).sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /**
   * Returns a host.
   *
   * @throws {RequestError} If there is no such host.
   */
  get(name: string): Host {
    return this.#describe(this.#find(name));
  }

  /**
   * Adds a host, and connects to it.
   *
   * @throws {RequestError} If the name is taken, or the address is none.
   */
  add({ name, address }: AddHostParams): Host {
    const { ownName, store, clock } = this.#options;
    if (!NAME.test(name)) {
      throw new RequestError(
        "bad_params",
        `"name": ${JSON.stringify(name)} must consist of letters, digits, . _ and -`,
      );
    }
    if ((this.#hosts.has(name) && !this.#hosts.get(name)?.isFound) || name === ownName) {
      throw new RequestError("conflict", `there is a host "${name}" already`);
    }
    const line = parseLine(address);
    const slot = line.line === "ssh" ? this.#freeSlot() : this.#socketlessSlot();
    const row = { name, ...line, slot, addedAt: clock.now(), seenAt: undefined, seen: undefined };
    store.hosts.insert(row);
    this.#hideFound(line.line === "nats" ? natsHostOf(row) : undefined, name);
    return this.#describe(this.#show(row));
  }

  /**
   * Makes the key with which a host dials this hub, and the host if there is none.
   *
   * @returns The key, which cannot be told again.
   * @throws {RequestError} If the name fits no host, or the host has a key or is reached otherwise.
   */
  createKey(name: string): string {
    if (!this.#hosts.has(name)) this.add({ name, address: LINK });
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

  #show(row: HostRow, isFound = false): OpenHost {
    const host = this.#open(row, isFound);
    this.#hosts.set(row.name, host);
    for (const listener of this.#listeners) listener(row.name);
    this.#announce(row.name);
    return host;
  }

  /** Shows a host that NATS tells of, unless it was added already, or another one has its name. */
  #showFound(natsHost: string): void {
    const { ownName, clock, log } = this.#options;
    const isShown = [...this.#hosts.values()].some(({ row }) => row.line === "nats" && natsHostOf(row) === natsHost);
    if (isShown) return;
    const name = nameForNatsHost(natsHost);
    if (!NAME.test(name) || name === ownName || this.#hosts.has(name)) {
      return log.warn(`[hosts] ${natsHost} of NATS is not shown: its name is taken; add it under another one`);
    }
    const address = `nats://${natsHost}`;
    const slot = this.#socketlessSlot();
    this.#show({ name, line: "nats", address, slot, addedAt: clock.now(), seenAt: undefined, seen: undefined }, true);
  }

  /** Closes what was shown without having been added: of a host of NATS, and under a name. */
  #hideFound(natsHost: string | undefined, hidden: string): void {
    const { log } = this.#options;
    for (const [name, host] of this.#hosts) {
      if (!host.isFound || (name !== hidden && natsHostOf(host.row) !== natsHost)) continue;
      this.#hosts.delete(name);
      const closed = Promise.resolve(host[Symbol.asyncDispose]());
      closed.catch((error) => log.error(`[hosts] ${name}: ${Deno.inspect(error)}`));
    }
  }

  /**
   * Forgets a host. Its sessions go on there.
   *
   * @throws {RequestError} If there is no such host.
   */
  async remove(name: string): Promise<void> {
    const host = this.#find(name);
    if (host.isFound && host.mirror.isUp) {
      throw new RequestError(
        "conflict",
        `host "${name}" is shown because its hub is connected to NATS: take the table nats out of its hub.toml`,
      );
    }
    this.#keys.revoke(name);
    this.#installs.forget(name);
    this.#options.store.hosts.delete(name);
    this.#hosts.delete(name);
    this.#options.onRemoved?.(name);
    await host[Symbol.asyncDispose]();
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
    const host = this.#find(name);
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
    await this.#installs.install({ name, ...this.#find(name) }, action, release);
    return this.get(name);
  }

  /**
   * Takes claustrum away from a host, which stays known.
   *
   * @throws {RequestError} If there is no such host, sessions run there, or it fails.
   */
  async uninstall({ host_name: name, sessions = false }: UninstallHostParams): Promise<UninstalledHost> {
    const left = await this.#installs.uninstall({ name, ...this.#find(name) }, sessions);
    return { host: this.get(name), left };
  }

  /**
   * Accepts the key of a host that is not known yet.
   *
   * @param fingerprint The one that a person has seen.
   * @throws {RequestError} If there is no such host, it does not wait for that, or it shows another key.
   */
  async acceptKey(name: string, fingerprint: string): Promise<Host> {
    const host = this.#find(name);
    await host.line.acceptKey(fingerprint);
    return this.#describe(host);
  }

  /** The sessions of all hosts, as of the last contact. */
  get sessions(): readonly Session[] {
    return [...this.#hosts.values()].flatMap(sessionsOf);
  }

  /** What the sessions of the hosts ask for that can be answered now. */
  get permissions(): readonly PendingPermission[] {
    return [...this.#hosts.values()].flatMap(({ mirror }) => mirror.isUp ? mirror.permissions : []);
  }

  /** Returns the host of a session or a permission with an id; `undefined` if it is none of a host. */
  hostOf(params: unknown): string | undefined {
    const { session_name: session, permission_id: permission } = (params ?? {}) as Readonly<Record<string, unknown>>;
    for (const [name, { mirror }] of this.#hosts) {
      if (typeof session === "string" && mirror.sessions.some(({ id }) => id === session)) return name;
      if (typeof permission === "string" && mirror.permissions.some(({ id }) => id === permission)) return name;
    }
    return undefined;
  }

  /**
   * Returns what is known of a host.
   *
   * @throws {RequestError} If there is no such host.
   */
  mirror(name: string): HostMirror {
    return this.#find(name).mirror;
  }

  /** Ends all lines. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#installs[Symbol.dispose]();
    const hosts = [...this.#hosts.values()];
    this.#finding?.[Symbol.dispose]();
    this.#hosts.clear();
    await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()));
  }

  #find(name: string): OpenHost {
    const host = this.#hosts.get(name);
    if (host !== undefined) return host;
    const known = [...this.#hosts.keys()].sort();
    const hint = known.length === 0 ? "there are none yet" : `known are ${known.join(", ")}`;
    throw new RequestError("unknown", `there is no host ${JSON.stringify(name)}: ${hint}`);
  }

  #linkOf(name: string): LinkLine {
    const { line } = this.#find(name);
    if (line instanceof LinkLine) return line;
    throw new RequestError("conflict", `host ${JSON.stringify(name)} is reached over ${line.kind}, without a key`);
  }

  #freeSlot(): number {
    const used = new Set([...this.#hosts.values()].map(({ row }) => row.slot));
    for (let slot = 0; slot < MAX_HOSTS; slot++) if (!used.has(slot)) return slot;
    throw new RequestError("conflict", `there are ${MAX_HOSTS} hosts already: remove one first`);
  }

  /** Hosts without sockets need no number of a socket, and no limit. */
  #socketlessSlot(): number {
    return Math.max(FIRST_FREE_SLOT - 1, ...[...this.#hosts.values()].map(({ row }) => row.slot)) + 1;
  }

  #open(row: HostRow, isFound = false): OpenHost {
    const { clock, log, onMessage } = this.#options;
    const announce = () => this.#announce(row.name);
    const line = this.#openLine(row, (state) => {
      logState(log, row.name, state);
      if (state.status === "up") this.#hosts.get(row.name)?.mirror.hurry();
      announce();
    });
    const mirror = new HostMirror({
      name: row.name,
      dial: line.dial,
      clock,
      onMessage: (message) => onMessage?.(row.name, message),
      onChange: () => {
        const host = this.#hosts.get(row.name);
        if (host !== undefined && !mirror.isUp) this.#remember(host);
        announce();
      },
      onError: (error) => log.error(`[hosts] ${row.name}: ${Deno.inspect(error)}`),
    });
    const dispose = async () => {
      if (this.#options.store.hosts.list().some(({ name }) => name === row.name)) this.#remember(host);
      await Promise.all([mirror[Symbol.asyncDispose](), line[Symbol.asyncDispose]()]);
    };
    const host: OpenHost = { row, line, mirror, seen: readSeen(row.seen), isFound, [Symbol.asyncDispose]: dispose };
    return host;
  }

  #openLine(row: HostRow, onState: (state: LineState) => void): HostLine {
    const { client, clock, directory, nats, sshOptions = [], ownName, log } = this.#options;
    const { name } = row;
    if (row.line === LINK) {
      return new LinkLine({ name, ownName, hasKey: this.#keys.has(name), onState, clock, log });
    }
    if (row.line === "nats") return nats?.line(natsHostOf(row), onState) ?? withoutNats();
    return overSsh(
      new SshLine({
        client,
        place: {
          target: parseSshTarget(row.address ?? ""),
          control: `${directory}/${row.slot}.ssh`,
          options: sshOptions,
        },
        socket: `${directory}/${row.slot}.sock`,
        logins: this.#logins,
        clock,
        onState,
      }),
      ownName,
    );
  }

  #announce(name: string): void {
    this.#installs.noteChange();
    const host = this.#hosts.get(name);
    if (host !== undefined) this.#options.onChange?.(this.#describe(host));
  }

  #describe(host: OpenHost): Host {
    return describe(host, this.#installs.state(host.row.name));
  }

  /** Stores what was seen of a host, for the time in which it is away. */
  #remember({ row, mirror }: OpenHost): void {
    if (mirror.contactAt === undefined) return;
    const seen: Seen = {
      ...(mirror.version === undefined ? {} : { version: mirror.version }),
      sessions: mirror.sessions.slice(0, MAX_REMEMBERED),
    };
    this.#options.store.hosts.noteSeen(row.name, mirror.contactAt, JSON.stringify(seen));
  }
}

/** Reads what `host add` takes: `link`, `nats`, or where SSH finds the host. */
function parseLine(address: string): Pick<HostRow, "line" | "address"> {
  if (address === LINK) return { line: LINK, address: undefined };
  if (isNatsAddress(address)) return { line: "nats", address };
  return { line: "ssh", address: formatSshTarget(parseSshTarget(address)) };
}

function describe({ row, line, mirror, seen }: OpenHost, install: HostInstall | undefined): Host {
  const { status, ...problem } = line.state;
  const isBare = problem.problem === "not_installed";
  const version = mirror.version ?? line.seen?.version ?? seen.version;
  const contactAt = mirror.contactAt ?? line.seen?.at ?? row.seenAt;
  return {
    name: row.name,
    line: line.kind,
    ...(row.address === undefined ? {} : { address: row.address }),
    // A line whose hub does not answer yet shows nothing.
    state: status === "up" && !mirror.isUp ? "connecting" : status,
    ...problem,
    ...(isBare ? { reason: `${problem.reason}: claustrum host install ${row.name}` } : {}),
    ...(version === undefined ? {} : { version }),
    ...(contactAt === undefined ? {} : { last_contact: new Date(contactAt).toISOString() }),
    sessions: sessionsOf({ mirror, seen }).length,
    waiting: mirror.permissions.length,
    ...(install === undefined ? {} : { install }),
  };
}

function sessionsOf({ mirror, seen }: Pick<OpenHost, "mirror" | "seen">): readonly Session[] {
  return mirror.contactAt === undefined ? seen.sessions : mirror.sessions;
}

function readSeen(text: string | undefined): Seen {
  return text === undefined ? { sessions: [] } : JSON.parse(text);
}

function logState(log: Logger, name: string, { status, reason, via }: LineState): void {
  if (status === "connecting") return log.debug(`[hosts] ${name}: connecting`);
  if (status === "up") return log.info(`[hosts] ${name}: up${via === "bridge" ? ", over the bridge" : ""}`);
  log.warn(`[hosts] ${name}: ${status}: ${reason}`);
}

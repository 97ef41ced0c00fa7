/**
 * The hosts that are shown now, each with its line and what is known of it.
 *
 * @module
 */

import { LoginGate } from "../../hosts/login_gate.ts";
import type { LineState } from "../../hosts/types.ts";
import type { Session } from "../../sessions/types.ts";
import type { HostRow, Store } from "../../store/store.ts";
import { RequestError } from "../../system/request_error.ts";
import type { FollowMessage } from "../hub_client.ts";
import { MAX_HOSTS } from "../hub_paths.ts";
import { HostMirror } from "./host_mirror.ts";
import { HostIds, type OwnSessions } from "./id_owners.ts";
import { type OpenHost, readSeen, seenText, stateLogger } from "./open_host.ts";
import { type LineParts, openLine } from "./open_line.ts";

/** From here on the numbers are those of hosts that need no sockets. */
const FIRST_FREE_SLOT = 1_000;

/** Options of {@linkcode ShownHosts}. */
export interface ShownHostsOptions extends LineParts {
  /** What the hub keeps. */
  readonly store: Store;
  /** The sessions of this hub, whose ids no host may have. @default {none} */
  readonly sessions?: OwnSessions;
  /** Whether a host has a key with which it dials. */
  readonly hasKey: (name: string) => boolean;
  /** Called with the sessions that a host had when it was reached last, before it is reached again. */
  readonly onRemembered?: (host: string, sessions: readonly Session[]) => void;
  /** Called with each message of a host, under its name here. */
  readonly onMessage?: (host: string, message: FollowMessage) => void;
  /** Called when something of a host has changed. */
  readonly onChange: (name: string) => void;
}

/** See the module comment. */
export class ShownHosts {
  readonly #options: ShownHostsOptions;
  readonly #logins = new LoginGate();
  readonly #hosts = new Map<string, OpenHost>();
  readonly #listeners = new Set<(name: string) => void>();
  readonly #ids: HostIds;
  /** The hosts that have told an id of somebody else, or what is no message: that is said once. */
  readonly #blamed = new Set<string>();

  /** Shows none yet. */
  constructor(options: ShownHostsOptions) {
    this.#options = options;
    this.#ids = new HostIds(options.sessions, (id, host, owner) => this.#collide(id, host, owner));
  }

  /** The hosts. */
  get all(): readonly OpenHost[] {
    return [...this.#hosts.values()];
  }

  /** The names of the hosts. */
  get names(): readonly string[] {
    return [...this.#hosts.keys()];
  }

  /** Whether a host is shown. */
  has(name: string): boolean {
    return this.#hosts.has(name);
  }

  /** Returns a host; `undefined` if there is none of that name. */
  get(name: string): OpenHost | undefined {
    return this.#hosts.get(name);
  }

  /**
   * Returns a host.
   *
   * @throws {RequestError} If there is no such host.
   */
  find(name: string): OpenHost {
    const host = this.#hosts.get(name);
    if (host !== undefined) return host;
    const known = [...this.#hosts.keys()].sort();
    const hint = known.length === 0 ? "there are none yet" : `known are ${known.join(", ")}`;
    throw new RequestError("unknown", `there is no host ${JSON.stringify(name)}: ${hint}`);
  }

  /** Returns the host of the session or the permission that a request names; `undefined` if it is none of a host. */
  hostOf(params: unknown): string | undefined {
    return this.#hosts.size === 0 ? undefined : this.#ids.hostOf(params);
  }

  /**
   * Returns a number that no host has, which names its sockets if the line needs any.
   *
   * @throws {RequestError} If there are too many hosts with sockets.
   */
  slotFor({ line }: Pick<HostRow, "line">): number {
    const slots = this.all.map(({ row }) => row.slot);
    if (line !== "ssh") return Math.max(FIRST_FREE_SLOT - 1, ...slots) + 1;
    const used = new Set(slots);
    for (let slot = 0; slot < MAX_HOSTS; slot++) if (!used.has(slot)) return slot;
    throw new RequestError("conflict", `there are ${MAX_HOSTS} hosts already: remove one first`);
  }

  /**
   * Shows a host, and connects to it.
   *
   * @param isFound Whether it is shown because NATS tells of it, and was added by nobody.
   */
  show(row: HostRow, isFound = false): OpenHost {
    const host = this.#open(row, isFound);
    this.#hosts.set(row.name, host);
    for (const listener of this.#listeners) listener(row.name);
    return host;
  }

  /** Shows a host no more, and ends its line. What it had belongs to nobody from now on. */
  async hide(name: string): Promise<void> {
    const host = this.#hosts.get(name);
    this.#hosts.delete(name);
    this.#blamed.delete(name);
    await host?.[Symbol.asyncDispose]();
  }

  /** Calls a listener with the name of each host that is shown, until the result is disposed of. */
  onAdded(listener: (name: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Notes that a host cannot be followed. */
  noteProblem(name: string, error: unknown): void {
    this.#options.log.error(`[hosts] ${name}: ${Deno.inspect(error)}`);
  }

  #open(row: HostRow, isFound: boolean): OpenHost {
    const { clock, log, store, hasKey, onMessage, onRemembered, onChange } = this.#options;
    const { name } = row;
    const note = stateLogger(log, row);
    const onState = (state: LineState) => {
      note(state);
      if (state.status === "up") this.#hosts.get(name)?.mirror.hurry();
      onChange(name);
    };
    const seen = readSeen(row.seen);
    if (row.seen !== undefined) onRemembered?.(name, seen.sessions);
    const line = openLine(row, { ...this.#options, logins: this.#logins, hasKey: hasKey(name), onState });
    const mirror = new HostMirror({
      ...{ name, clock, ids: this.#ids, sessions: seen.sessions, dial: line.dial },
      onMessage: (message) => onMessage?.(name, message),
      onChange: () => {
        const host = this.#hosts.get(name);
        if (host !== undefined && !mirror.isUp) this.#remember(host);
        onChange(name);
      },
      onNonsense: () => this.#blame(name, "it sends what is no message, or of a newer version: left out"),
      onError: (error) => this.noteProblem(name, error),
    });
    const dispose = async () => {
      if (store.hosts.list().some((each) => each.name === name)) this.#remember(host);
      await Promise.all([mirror[Symbol.asyncDispose](), line[Symbol.asyncDispose]()]);
    };
    const host: OpenHost = { row, line, mirror, seen, isFound, [Symbol.asyncDispose]: dispose };
    return host;
  }

  #collide(id: string, host: string, owner: string | undefined): void {
    const whose = owner === undefined ? "this hub" : `host ${JSON.stringify(owner)}`;
    this.#blame(host, `it tells the id ${JSON.stringify(id.slice(0, 100))}, which belongs to ${whose}: left out`);
  }

  /** Says once that a host does what it should not. */
  #blame(name: string, what: string): void {
    if (this.#blamed.has(name)) return;
    this.#blamed.add(name);
    this.#options.log.warn(`[hosts] ${name}: ${what}`);
  }

  /** Stores what was seen of a host, for the time in which it is away. */
  #remember({ row, mirror }: OpenHost): void {
    if (mirror.contactAt === undefined) return;
    this.#options.store.hosts.noteSeen(row.name, mirror.contactAt, seenText(mirror));
  }
}

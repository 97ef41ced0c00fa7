/**
 * This hub in NATS: it publishes its events and its state, answers other hubs, and shows them here. All of it waits while
 * NATS is away, and nothing of the hub waits for it.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/nats-core";
import type { LineState } from "../../hosts/types.ts";
import type { EventQuery, Sessions } from "../../sessions/sessions.ts";
import type { SessionEvent } from "../../sessions/types.ts";
import type { Store } from "../../store/store.ts";
import type { Clock } from "../../system/clock.ts";
import { RequestError } from "../../system/request_error.ts";
import type { Logger } from "../../system/log.ts";
import type { HubConnection } from "../connect_hub.ts";
import type { HostLine } from "../hosts/host_line.ts";
import type { OnNotification } from "../hub_line.ts";
import { HubUnreachableError } from "../hub_errors.ts";
import { VERSION } from "../../version.ts";
import type { HostState } from "./host_state.ts";
import { type HostChange, KnownHosts } from "./known_hosts.ts";
import { LineStates } from "./line_states.ts";
import { LivePublisher } from "./live_publisher.ts";
import type { NatsConfig } from "./nats_config.ts";
import { natsHostLine } from "./nats_host_line.ts";
import { NatsHubLine } from "./nats_hub_line.ts";
import { sendMessage } from "./messages.ts";
import type { NatsHosts, NatsPermissions } from "./types.ts";
import { NatsSession } from "./nats_session.ts";
import { messageOf, NatsError, type NatsIdentity, openNats, readIdentity } from "./open_nats.ts";
import { natsPermissions } from "./nats_permissions.ts";
import type { ServedContext } from "./rpc_service.ts";

/** How long to wait before NATS is tried again, in milliseconds: it doubles from the first to the last. */
const RETRY_MS = { first: 50, last: 5_000 };

/** Options of {@linkcode Nats}. */
export interface NatsOptions {
  /** How NATS is reached. */
  readonly config: NatsConfig;
  /** The name of this hub. */
  readonly ownName: string;
  /** The sessions. */
  readonly sessions: Sessions;
  /** What the hub keeps. */
  readonly store: Store;
  /** The log of the hub. */
  readonly log: Logger;
  /** The source of time. */
  readonly clock: Clock;
}

/** See the module comment. */
export class Nats implements NatsHosts, AsyncDisposable {
  readonly #options: NatsOptions;
  readonly #known: KnownHosts;
  readonly #live: LivePublisher;
  readonly #closing = new AbortController();
  readonly #foundListeners = new Set<(host: string) => void>();
  readonly #states = new LineStates((host) => this.#stateOf(host));
  readonly #lines = new Map<string, Set<NatsHubLine>>();
  readonly #hub: string;
  readonly #run = crypto.randomUUID();
  #identity: NatsIdentity | undefined;
  #reading: Promise<NatsIdentity> | undefined;
  #session: NatsSession | undefined;
  #problem = "NATS is not connected yet";
  #hurry = Promise.withResolvers<void>();
  #listening: Disposable | undefined;
  #running: Promise<void> | undefined;

  /** Does nothing until it is started. */
  constructor(options: NatsOptions) {
    this.#options = options;
    this.#known = new KnownHosts(options.clock);
    this.#hub = options.store.outbox.hubId();
    this.#live = new LivePublisher(options.ownName, (subject, text, key) => {
      const connection = this.#session?.connection;
      if (connection !== undefined && !connection.isClosed()) sendMessage(connection, subject, text, { key });
    });
  }

  /** The names of the hosts that were heard of, without this one. */
  get hosts(): readonly string[] {
    return this.#known.names.filter((name) => name !== this.#options.ownName);
  }

  /**
   * Returns the configuration of the NATS server for the hosts that were heard of, this one included.
   *
   * @param readers The names of those that show the others.
   * @throws {RequestError} If one of them was never heard of.
   */
  async permissions(readers: readonly string[]): Promise<NatsPermissions> {
    const { ownName, config } = this.#options;
    const keys = new Map(this.#known.names.map((name) => [name, this.#known.state(name)?.nkey]));
    // The file of the key may be there before the server accepts the key.
    keys.set(ownName, (await this.#whoAmI()).publicKey);
    const stranger = readers.find((name) => !keys.has(name));
    if (stranger !== undefined) {
      const known = [...keys.keys()].sort().join(", ");
      throw new RequestError("unknown", `there is no hub ${JSON.stringify(stranger)} in NATS: known are ${known}`);
    }
    return {
      configuration: natsPermissions({ keys, readers: new Set(readers), stream: config.stream }),
      without_key: [...keys].flatMap(([name, key]) => key === undefined ? [name] : []).sort(),
    };
  }

  /**
   * Connects from now on.
   *
   * @param operations What the answers to other hubs work with.
   */
  start(operations: ServedContext["operations"]): void {
    const { sessions } = this.#options;
    this.#listening = sessions.listen((message) => {
      this.#live.take(message);
      if (message.type === "event") this.#session?.wake();
    });
    this.#running = this.#runAll(operations);
  }

  /** Calls a listener with the name of each host that is found or comes back, until the result is disposed of. */
  onFound(listener: (host: string) => void): Disposable {
    this.#foundListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#foundListeners.delete(listener) };
  }

  /**
   * Returns the line to a host.
   *
   * @param host Its name in NATS.
   * @param onState Called when it goes otherwise with it.
   */
  line(host: string, onState: (state: LineState) => void): HostLine {
    return natsHostLine(
      {
        stateOf: (name) => this.#stateOf(name),
        seenOf: (name) => this.#known.state(name),
        open: (name, onNotification) => this.#openLine(name, onNotification),
        pastEvents: (name, session, query) => this.#pastEvents(name, session, query),
        onState: (name, listener) => this.#states.listen(name, listener),
        hurry: (name) => this.#retry(name),
      },
      host,
      onState,
    );
  }

  /** Tells the others that this hub goes, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    this.#closing.abort();
    this.#hurry.resolve();
    await this.#running;
  }

  async #runAll(operations: ServedContext["operations"]): Promise<void> {
    const { clock, log } = this.#options;
    let pause = RETRY_MS.first;
    let said = "";
    for (let turn = 0; !this.#closing.signal.aborted; turn++) {
      try {
        await using connection = await this.#connect(turn);
        log.info(`[nats] connected to ${connection.getServer()}`);
        [pause, said] = [RETRY_MS.first, ""];
        this.#problem = `the connection to the NATS server ${connection.getServer()} was lost`;
        await this.#use(connection, operations);
      } catch (error) {
        this.#problem = error instanceof NatsError ? error.message : `NATS: ${messageOf(error)}`;
        if (!(error instanceof NatsError)) log.error(`[nats] ${Deno.inspect(error)}`);
      }
      if (this.#closing.signal.aborted) return;
      if (this.#problem !== said) log.warn(`[nats] ${this.#problem}`);
      said = this.#problem;
      this.#states.tellAll();
      this.#hurry = Promise.withResolvers();
      const cancel = clock.after(pause * (0.5 + Math.random() / 2), () => this.#hurry.resolve());
      await this.#hurry.promise;
      cancel();
      pause = Math.min(pause * 2, RETRY_MS.last);
    }
  }

  async #connect(turn: number): Promise<NatsConnection> {
    const { config, ownName } = this.#options;
    const identity = await this.#whoAmI();
    const server = config.servers[turn % config.servers.length]!;
    return await openNats({ config, server, host: ownName, identity });
  }

  /** Reads the key anew for each connection, but never twice at once: the first to read may have to make it. */
  async #whoAmI(): Promise<NatsIdentity> {
    this.#reading ??= readIdentity(this.#options.config);
    try {
      return this.#identity = await this.#reading;
    } finally {
      this.#reading = undefined;
    }
  }

  async #use(connection: NatsConnection, operations: ServedContext["operations"]): Promise<void> {
    const { config, ownName, clock } = this.#options;
    await using session = new NatsSession({
      connection,
      hub: this.#hub,
      hubOf: (host) => this.#known.state(host)?.hub,
      ...{ stream: config.stream, ownName, operations, clock },
      liveNumber: () => this.#live.number,
      ownState: () => this.#ownState(),
      onState: (state) => this.#heard(state),
      onKept: (state) => this.#note(state.name, this.#known.remember(state)),
      onTick: () => {
        const { silent, single } = this.#known.expire();
        for (const name of silent) this.#away(name);
        for (const name of single) this.#states.tell(name);
      },
    });
    this.#session = session;
    try {
      session.start();
      this.#states.tellAll();
      const { signal } = this.#closing;
      const { promise: closed, resolve: close } = Promise.withResolvers<void>();
      const end = () => close();
      signal.addEventListener("abort", end, { once: true });
      if (!signal.aborted) await Promise.race([connection.closed(), closed]);
      signal.removeEventListener("abort", end);
      if (signal.aborted) await session.sayGoodbye();
    } finally {
      this.#session = undefined;
      this.#closeLines([...this.#lines.keys()], "the connection to NATS was lost");
    }
  }

  #ownState(): HostState {
    const { ownName, sessions, clock } = this.#options;
    const { aborted: stopping } = this.#closing.signal;
    const nkey = this.#identity?.publicKey;
    return {
      name: ownName,
      hub: this.#hub,
      run: this.#run,
      at: clock.now(),
      version: VERSION,
      last_event: sessions.lastEvent,
      sessions: sessions.list().length,
      waiting: sessions.permissions().length,
      ...(nkey === undefined ? {} : { nkey }),
      ...(stopping ? { stopping } : {}),
    };
  }

  #heard(state: HostState): void {
    const { ownName, log } = this.#options;
    const change = this.#known.hear(state);
    if (state.name === ownName && change === "doubled") log.error(`[nats] ${doubled(ownName)}`);
    this.#note(state.name, change);
  }

  #note(name: string, change: HostChange): void {
    if (change === "none") return;
    if (name === this.#options.ownName) return;
    // One that came back may have been forgotten while it was away.
    if (change === "found" || change === "up") { for (const listener of [...this.#foundListeners]) listener(name); }
    if (change === "doubled") this.#closeLines([name], doubled(name));
    if (change === "restarted") this.#closeLines([name], "the hub was started again");
    if (change === "away") this.#away(name);
    this.#states.tell(name);
  }

  #away(name: string): void {
    this.#closeLines([name], `host ${JSON.stringify(name)} is away`);
    this.#states.tell(name);
  }

  /** Returns a sentence if something of NATS needs a person; `undefined` if all is well. */
  get problem(): string | undefined {
    const { ownName } = this.#options;
    if (this.#session === undefined) return this.#problem;
    return this.#known.isDoubled(ownName) ? doubled(ownName) : undefined;
  }

  #retry(name: string): void {
    this.#hurry.resolve();
    if (this.#known.tryAgain(name)) this.#states.tell(name);
  }

  #stateOf(name: string): LineState {
    if (this.#session === undefined) return { status: "offline", problem: "unreachable", reason: this.#problem };
    if (this.#known.isUp(name)) return { status: "up" };
    if (this.#known.isDoubled(name)) return { status: "refused", problem: "bad_configuration", reason: doubled(name) };
    const state = this.#known.state(name);
    const reason = state === undefined
      ? `no hub called ${JSON.stringify(name)} has been heard of in NATS`
      : state.stopping
      ? "its hub was stopped"
      : "its hub is silent";
    return { status: "offline", problem: "lost", reason };
  }

  #openLine(host: string, onNotification: OnNotification): HubConnection {
    const session = this.#session;
    if (session === undefined) throw new HubUnreachableError(this.#problem);
    const lines = this.#lines.get(host) ?? new Set();
    this.#lines.set(host, lines);
    const line: NatsHubLine = new NatsHubLine({
      reach: {
        ...{ listen: session.listen.bind(session), readSession: session.readSession.bind(session) },
        call: async (name, request, signal) => {
          const askedAt = this.#options.clock.elapsed();
          try {
            return await session.call(name, request, signal);
          } catch (error) {
            // Nobody answers: the host was only found in the bucket, or it is gone without a word. It is not gone if
            // this hub itself has lost the connection or waits no longer, or if the host has said something since it was
            // asked.
            const isOwn = this.#session !== session || session.connection.isClosed() || signal?.aborted === true;
            const isUnanswered = error instanceof HubUnreachableError && !isOwn;
            if (isUnanswered && this.#known.lose(name, askedAt)) this.#away(name);
            throw error;
          }
        },
      },
      ...{ host, ownName: this.#options.ownName, onNotification },
      onClose: () => void lines.delete(line),
    });
    lines.add(line);
    return line;
  }

  async #pastEvents(host: string, session: string, query: EventQuery): Promise<readonly SessionEvent[]> {
    const current = this.#session;
    if (current === undefined) throw new HubUnreachableError(this.#problem);
    return await current.readPast(host, session, query);
  }

  #closeLines(hosts: readonly string[], reason: string): void {
    for (const host of hosts) {
      for (const line of [...this.#lines.get(host) ?? []]) line.close(new HubUnreachableError(reason));
    }
  }
}

function doubled(name: string): string {
  return `two hubs in NATS are called ${JSON.stringify(name)}: give one of them another name in its hub.toml`;
}

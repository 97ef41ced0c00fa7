/**
 * A retired daemon, as the serving daemon sees it: its processes are listed, requests for them are relayed, and they
 * are lost when the daemon is.
 *
 * @module
 */

import { dial, DialError } from "../client/dial.ts";
import { ConnectionLostError } from "../client/errors.ts";
import type { WireConnection } from "../client/wire_connection.ts";
import type { ClientContext, PredecessorProcess } from "../methods/context.ts";
import type { EncodedResult } from "../rpc/dispatch.ts";
import { encodeJson } from "../rpc/json_encode.ts";
import type { Params, Result } from "../rpc/method_types.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import { isThere } from "../system/private_files.ts";
import { Relay, RelayLostError, wireId } from "./relay.ts";
import type { RetiredDaemon } from "./retired_files.ts";

/** How long a relay waits for the end of its daemon to be noticed, in milliseconds. */
const GONE_MS = 3_000;
/** How long the last frames of a daemon that has ended may take to reach their clients, in milliseconds. */
const LAST_FRAMES_MS = 1_000;
/** How long a retired daemon may take to list its processes, in milliseconds. */
const LIST_MS = 2_000;

/** Options of a {@linkcode Predecessor}. */
export interface PredecessorOptions {
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the serving daemon. */
  readonly log: { info(text: string): void; warn(text: string): void };
  /** Called for each process that is lost with its daemon; the serving daemon lists it as ended from then on. */
  readonly onLost: (process: PredecessorProcess, lastSeq: number) => void;
  /** Makes a client follow such a process. */
  readonly follow: (
    client: ClientContext,
    id: string,
    options: { fromSeq: number; observe: boolean; times: boolean },
  ) => void;
}

/** How a client follows a process. */
interface Following {
  readonly observe: boolean;
  /** Whether the client is notified when its subscription ends. */
  readonly notice: boolean;
  /** Whether the frames have their times. */
  readonly times: boolean;
}

/** A client whose requests are relayed. */
interface Follower {
  readonly opening: Promise<Relay>;
  /** Set once it is open. */
  relay?: Relay;
  /** The processes that the client follows, by id. */
  readonly following: Map<string, Following>;
}

/**
 * Lists the processes of a retired daemon.
 *
 * @param control The connection to it.
 * @throws {ConnectionLostError} If it has ended.
 * @throws {DOMException} If it does not answer in time.
 */
export async function listProcesses(
  control: WireConnection,
  params: Params<"process.list">,
): Promise<PredecessorProcess[]> {
  const answer = await control.request("process.list", params, AbortSignal.timeout(LIST_MS));
  return (answer as Result<"process.list">).processes;
}

/** A retired daemon that is connected. */
export class Predecessor implements AsyncDisposable {
  /** The id of its process. */
  readonly pid: number;
  /** The path of its socket. */
  readonly socket: string;
  readonly #options: PredecessorOptions;
  /** The file that exists until the daemon ends, unless it is killed. */
  readonly #record: string;
  /** Stays open: it closes when the daemon ends, and keeps the token valid. */
  readonly #control: WireConnection;
  /** By id; a process whose id is reused in the serving daemon is removed. */
  readonly #processes: Map<string, PredecessorProcess>;
  /** The ids that processes had before they were renamed here, as long as no other process takes these. */
  readonly #formerIds = new Set<string>();
  /** The last frame of each process that passed, by the id as frames contain it. */
  readonly #lastSeqs: Map<string, number>;
  /** The processes that are known to have ended, by the same id. */
  readonly #ended: Set<string>;
  readonly #followers = new Map<ClientContext, Follower>();
  /** Settles when the daemon has ended and the serving daemon lists its processes. */
  readonly #gone = Promise.withResolvers<void>();
  #isDisposed = false;

  /** Takes over the control connection. */
  constructor(
    { pid, files }: RetiredDaemon,
    control: WireConnection,
    processes: readonly PredecessorProcess[],
    options: PredecessorOptions,
  ) {
    this.pid = pid;
    this.socket = files.socket;
    this.#record = files.record;
    this.#control = control;
    this.#options = options;
    this.#processes = new Map(processes.map((process) => [process.id, process]));
    this.#lastSeqs = new Map(processes.map(({ id, lastSeq }) => [frameId(id), lastSeq]));
    this.#ended = new Set(processes.filter(({ running }) => !running).map(({ id }) => frameId(id)));
  }

  /** How many processes it has. */
  get size(): number {
    return this.#processes.size;
  }

  /** Whether a process has this id, or had it before it was renamed. */
  owns(id: string): boolean {
    return this.#processes.has(id) || this.#formerIds.has(id);
  }

  /** Whether a process has this id now. */
  has(id: string): boolean {
    return this.#processes.has(id);
  }

  /**
   * Waits for the end of the daemon, and passes its processes on to the serving daemon then.
   *
   * @param onGone Called when the daemon has ended.
   */
  watch(onGone: () => void): void {
    void this.#control.closed.then(() => this.#noteGone(onGone));
  }

  /**
   * Relays a request for a process.
   *
   * @returns `undefined` if the daemon has ended: the serving daemon answers the request then.
   * @throws {RelayLostError | DialError} If it is not known which daemon has the process; the client is disconnected.
   */
  async forward(
    method: string,
    params: { readonly id: string },
    client: ClientContext,
  ): Promise<EncodedResult | undefined> {
    const follower = this.#followerOf(client);
    if (method === "process.reattach") this.#noteFollowing(follower, params as Params<"process.reattach">);
    try {
      const result = await (await follower.opening).request(method, params);
      if (method === "process.forget") this.#forget(params.id);
      if (method === "process.rename") this.#rename(params as Params<"process.rename">);
      return result;
    } catch (error) {
      if (!(error instanceof RelayLostError || error instanceof DialError) || client.signal.aborted) throw error;
      const isGone = await happensWithin(this.#gone.promise, GONE_MS, this.#options.clock);
      if (isGone && !this.#isDisposed) return undefined;
      // The client reconnects, and asks the daemon that serves by then.
      client.hangUp();
      throw error;
    }
  }

  /** Lists its processes. */
  async list(params: Params<"process.list">): Promise<PredecessorProcess[]> {
    return (await this.#tryList(params)).map((process) => ({ ...process, daemon: this.pid }));
  }

  /** Lets a process of the serving daemon have an id; see `Predecessors.discard()`. */
  discard(id: string, reusedId: "kill" | "leave"): void {
    const isFormer = this.#formerIds.delete(id);
    this.#processes.delete(id);
    if (reusedId === "leave") return;
    for (const [client, { relay, following }] of this.#followers) {
      relay?.mute(frameId(id));
      // The retired daemon's own notice would report the end of the process, which does not matter any more.
      if (following.get(id)?.notice === true) client.sendDetached(id, this.#lastSeqOf(id), "gone");
      following.delete(id);
    }
    if (isFormer) return;
    this.#control.request("process.kill", { id, signal: "KILL" }).catch((error) => {
      if (!(error instanceof ConnectionLostError)) throw error; // the process has ended with its daemon
    });
  }

  /** Disconnects from the daemon, which keeps its processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const { relay } of this.#followers.values()) relay?.close();
    this.#control.close();
    await this.#control.finished;
  }

  async #tryList(params: Params<"process.list">): Promise<PredecessorProcess[]> {
    try {
      return (await listProcesses(this.#control, params)).filter(({ id }) => this.#processes.has(id));
    } catch (error) {
      if (error instanceof ConnectionLostError) return []; // the serving daemon is about to list them
      if (!(error instanceof DOMException)) throw error;
      // A daemon that does not answer in time must not hold up the list of all the others.
      return [...this.#processes.values()];
    }
  }

  /** The daemon has forgotten a process, and has told its followers. */
  #forget(id: string): void {
    this.#processes.delete(id);
    this.#lastSeqs.delete(frameId(id));
    this.#ended.delete(frameId(id));
    for (const { following } of this.#followers.values()) following.delete(id);
  }

  #rename({ id, to }: Params<"process.rename">): void {
    const process = this.#processes.get(id);
    if (process === undefined || id === to) return;
    const renamed = [...this.#processes.values()].map((each) => each === process ? { ...each, id: to } : each);
    this.#processes.clear();
    for (const each of renamed) this.#processes.set(each.id, each);
    this.#formerIds.delete(to);
    this.#formerIds.add(id);
    this.#lastSeqs.set(frameId(to), this.#lastSeqOf(id));
    if (this.#ended.has(frameId(id))) this.#ended.add(frameId(to));
  }

  #lastSeqOf(id: string): number {
    return this.#lastSeqs.get(frameId(id)) ?? 0;
  }

  async #noteGone(onGone: () => void): Promise<void> {
    if (!this.#isDisposed) await this.#loseProcesses();
    onGone();
    this.#gone.resolve();
    if (this.#isDisposed) return;
    for (const [client, { following }] of this.#followers) {
      for (const [id, { observe, times }] of following) {
        this.#options.follow(client, id, { observe, times, fromSeq: this.#lastSeqOf(id) });
      }
    }
  }

  async #loseProcesses(): Promise<void> {
    const { log, onLost } = this.#options;
    await this.#finishRelays();
    const lost = await this.#lostProcesses();
    const level = lost.length > 0 ? "warn" : "info";
    log[level](`[handover] the retired daemon (pid ${this.pid}) is gone, processes lost: ${lost.length}`);
    for (const process of lost) onLost(process, this.#lastSeqOf(process.id));
  }

  /** Passes on the frames that have arrived. */
  async #finishRelays(): Promise<void> {
    const relays = [...this.#followers.values()].flatMap(({ relay }) => relay ?? []);
    await happensWithin(Promise.all(relays.map(({ finished }) => finished)), LAST_FRAMES_MS, this.#options.clock);
    for (const relay of relays) relay.close();
  }

  /**
   * Returns the processes whose exit no frame has reported. A daemon that was not killed has removed its record, and
   * ended only because nothing ran or because it was stopped: then only processes that a client follows matter.
   */
  async #lostProcesses(): Promise<PredecessorProcess[]> {
    const unended = [...this.#processes.values()].filter(({ id }) => !this.#ended.has(frameId(id)));
    if (await isThere(this.#record)) return unended;
    const followers = [...this.#followers.values()];
    return unended.filter(({ id }) => followers.some(({ following }) => following.has(id)));
  }

  #followerOf(client: ClientContext): Follower {
    const known = this.#followers.get(client);
    if (known !== undefined) return known;
    const following: Follower["following"] = new Map();
    const opening = this.#openRelay(client, following);
    const follower: Follower = { opening, following };
    this.#followers.set(client, follower);
    const forget = async () => {
      // A follower that is lost with the daemon is still needed: its client then follows the lost processes.
      if (client.signal.aborted) return void this.#followers.delete(client);
      const isGone = await happensWithin(this.#gone.promise, GONE_MS, this.#options.clock);
      // A daemon that goes on has closed the connection of a client whose stream another one has taken.
      if (isGone || this.#isDisposed) return;
      this.#followers.delete(client);
      client.hangUp();
    };
    opening.then((relay) => {
      follower.relay = relay;
      void relay.finished.then(forget);
    }, () => this.#followers.delete(client));
    return follower;
  }

  async #openRelay(client: ClientContext, following: Follower["following"]): Promise<Relay> {
    return new Relay({
      transport: await dial(this.socket),
      token: this.#control.token,
      attach: (open) => client.attach(open),
      onFrame: (encodedId, stream, seq) => {
        if (seq > (this.#lastSeqs.get(encodedId) ?? 0)) this.#lastSeqs.set(encodedId, seq);
        if (stream === "exit") this.#noteExit(encodedId, following);
      },
    });
  }

  #noteExit(encodedId: string, following: Follower["following"]): void {
    this.#ended.add(encodedId);
    for (const id of following.keys()) if (frameId(id) === encodedId) following.delete(id);
  }

  /** Only one client owns the stream of a process; any number of clients observe it. */
  #noteFollowing(follower: Follower, params: Params<"process.reattach">): void {
    const { id, observe = false, notice = false, times = false } = params;
    for (const { following } of observe ? [] : this.#followers.values()) {
      if (following.get(id)?.observe === false) following.delete(id);
    }
    follower.following.set(id, { observe, notice, times });
  }
}

function frameId(id: string): string {
  return wireId(encodeJson(id));
}

/**
 * The real thing beside the model: a daemon, its clients, and what these have seen.
 *
 * @module
 */

import type { Message } from "../helpers/line_client.ts";
import { waitFor } from "../helpers/wait.ts";
import { FrameClient, type Ledger, type Place } from "./frame_client.ts";

/** What the model knows of a process, which is always `cat`. */
export interface ModelProcess {
  /** All that it was fed. */
  fed: string;
  /** How its exit frame reads, once it has ended. */
  exit?: string;
  /** Which client has its stream. */
  receiver?: number | undefined;
  readonly observers: Set<number>;
}

/** The model: what there is. */
export interface Model {
  readonly processes: Map<string, ModelProcess>;
}

/** How many clients there are. */
export const CLIENTS = 3;
/** What processes are called. */
export const IDS: readonly string[] = ["a", "b"];
const SETTLE_MS = 5_000;

/** The daemon that clients are of. */
export interface Host {
  readonly socket: string;
  /** Its token, which is another one after an upgrade. */
  token(): Promise<string>;
  /** Has another daemon take its place, while its processes live on. */
  upgrade?(): Promise<void>;
}

/** One run's clients on a daemon that other runs use, too. */
export class World implements AsyncDisposable {
  readonly #host: Host;
  readonly #prefix: string;
  readonly #clients: (FrameClient | undefined)[] = [];
  readonly #ledgers = new Map<string, Ledger>();

  constructor(host: Host, run: number) {
    this.#host = host;
    this.#prefix = `m${run}-`;
  }

  /** The client of a slot; a new one when there is none. */
  async client(slot: number): Promise<FrameClient> {
    return this.#clients[slot] ??= await FrameClient.connect(this.#host.socket, await this.#host.token());
  }

  /** The wire's name of a process. */
  name(id: string): string {
    return this.#prefix + id;
  }

  /** Calls a method with the id of a process; fails when a client has seen what it should not. */
  async call(slot: number, method: string, id: string, params: Record<string, unknown> = {}): Promise<Message> {
    const reply = await (await this.client(slot)).call(method, { id: this.name(id), ...params });
    this.checkFailures();
    return reply;
  }

  checkFailures(): void {
    for (const [slot, client] of this.#clients.entries()) {
      if (client?.failure !== undefined) throw new Error(`client ${slot}: ${client.failure.message}`);
    }
  }

  /** Starts a process; its frames begin anew. */
  async spawn(slot: number, id: string): Promise<void> {
    const client = await this.client(slot);
    const params = { id: this.name(id), command: "cat", exitDetail: true, notice: true };
    const ledger: Ledger = new Map();
    this.#ledgers.set(id, ledger);
    const reply = await client.call("process.spawn", params, () => {
      client.places.set(this.name(id), { ledger, next: 1, limit: Infinity });
    });
    if (reply.result?.["success"] !== true) throw new Error(`spawn: ${JSON.stringify(reply)}`);
    this.checkFailures();
  }

  /** Follows a process; the reply comes behind all that is replayed. */
  async reattach(slot: number, id: string, fromSeq: number, observe: boolean): Promise<Message["result"]> {
    const client = await this.client(slot);
    const name = this.name(id);
    const ledger = this.#ledgers.get(id);
    const before = client.places.get(name);
    if (ledger !== undefined) {
      const isSame = before?.ledger === ledger && before.limit === Infinity;
      const place: Place = { ledger, next: isSame ? before.next : fromSeq + 1, limit: Infinity };
      client.places.set(name, isSame ? { ...place, restart: fromSeq + 1 } : place);
    }
    const { result } = await client.call("process.reattach", { id: name, fromSeq, observe, notice: true });
    // What was on its way has come by now.
    const place = client.places.get(name);
    if (place?.restart !== undefined) {
      place.next = Math.max(place.next, place.restart);
      delete place.restart;
    }
    this.checkFailures();
    return result;
  }

  /** Somebody else has the stream: this client gets no more than what was there. */
  lose(slot: number, id: string, lastSeq: number): void {
    const place = this.#clients[slot]?.places.get(this.name(id));
    if (place !== undefined) place.limit = lastSeq;
  }

  /** Waits until a client was told that it gets no more frames of a process, and why. */
  async expectNotice(slot: number, id: string, reason: string): Promise<void> {
    const client = this.#clients[slot]!;
    const notice = await waitFor(`the notice to client ${slot} that ${id} is ${reason}`, () => {
      this.checkFailures();
      return client.notices.get(this.name(id))?.shift();
    }, SETTLE_MS);
    if (notice.reason !== reason) throw new Error(`client ${slot}: ${id} is ${notice.reason}, not ${reason}`);
  }

  /** The last frame that a client has seen. */
  lastSeen(slot: number, id: string): number {
    return (this.#clients[slot]?.places.get(this.name(id))?.next ?? 1) - 1;
  }

  /** All output, as far as anybody has seen every frame from the first. */
  output(id: string): string {
    let text = "";
    const ledger = this.#ledgers.get(id);
    for (let seq = 1; ledger?.get(seq)?.startsWith("o"); seq++) text += ledger.get(seq)!.slice(1);
    return text;
  }

  /** What the daemon tells of a process. */
  async describe(id: string): Promise<Record<string, unknown> | undefined> {
    const { result } = await this.call(0, "process.list", id);
    const processes = result?.["processes"] as Record<string, unknown>[];
    return processes.find((process) => process["id"] === this.name(id));
  }

  /** Waits until everybody has got what is to come to him, and looks whether that is right. */
  async settle(id: string, { fed, exit, receiver, observers }: ModelProcess): Promise<void> {
    const followers = [...observers, ...receiver === undefined ? [] : [receiver]];
    const ledger = this.#ledgers.get(id)!;
    let lastSeq = 0;
    await waitFor(`${id} to settle`, async () => {
      const facts = await this.describe(id);
      if (facts === undefined) throw new Error(`${id} is not listed`);
      if (facts["stdinApplied"] !== fed.length) throw new Error(`${facts["stdinApplied"]} applied, not ${fed.length}`);
      if (facts["running"] !== (exit === undefined)) return false;
      // Whoever has got an exit frame has let go.
      if (facts["attached"] !== (receiver !== undefined && exit === undefined)) return false;
      lastSeq = Number(facts["lastSeq"]);
      if (followers.some((slot) => this.lastSeen(slot, id) < lastSeq)) return false;
      return exit !== undefined || ledger.size < lastSeq || this.output(id) === fed || followers.length === 0;
    }, SETTLE_MS);
    const output = this.output(id);
    if (!fed.startsWith(output)) throw new Error(`${id} printed what it was not fed`);
    if (exit === undefined || ledger.size < lastSeq) return;
    if (ledger.get(lastSeq) !== exit) throw new Error(`${id} ended as "${ledger.get(lastSeq)}", not "${exit}"`);
    if (exit.startsWith("x 0") && output !== fed) {
      throw new Error(`${id} printed ${output.length} of ${fed.length} bytes`);
    }
  }

  /** Upgrades; every connection is closed by that. */
  async upgrade(): Promise<void> {
    await this.#host.upgrade?.();
    for (const slot of this.#clients.keys()) await this.cut(slot);
  }

  /** Cuts a client's connection. */
  async cut(slot: number): Promise<void> {
    await this.#clients[slot]?.[Symbol.asyncDispose]();
    this.#clients[slot] = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const slot of this.#clients.keys()) await this.cut(slot);
  }
}

/**
 * The system that the model is compared with: a daemon, its clients, and the frames that these have received.
 *
 * @module
 */

import type { GenerationName } from "../../lib/contract/generation.ts";
import type { Message } from "../helpers/line_client.ts";
import { waitFor } from "../helpers/wait.ts";
import { FrameClient, type Position, type SharedFrames } from "./frame_client.ts";

/** A process in the model; it is always `cat`. */
export interface ModelProcess {
  /** All bytes that were written to its stdin, as text. */
  input: string;
  /** The text form of its exit frame, once the process has ended. */
  exit?: string;
  /** The slot of the client that has the stream. */
  receiver?: number | undefined;
  /** The slots of the clients that observe. */
  readonly observers: Set<number>;
}

/** The state of the model. */
export interface Model {
  /** The generation of the contract that the daemon serves. */
  readonly contract: GenerationName;
  readonly processes: Map<string, ModelProcess>;
}

/** The number of clients. */
export const CLIENTS = 3;
/** The ids of processes. */
export const IDS: readonly string[] = ["a", "b"];
/** How long to wait for frames, in milliseconds. */
const SETTLE_MS = 5_000;

/** A daemon that clients connect to. */
export interface Host {
  readonly socket: string;
  /** The generation of the contract that it serves. */
  readonly contract: GenerationName;
  /** Returns the token, which changes with an upgrade. */
  token(): Promise<string>;
  /** Repositions the daemon with another one, which keeps the processes. */
  upgrade?(): Promise<void>;
}

/** The clients of one run on a daemon, which other runs may share. */
export class RealSystem implements AsyncDisposable {
  readonly #host: Host;
  readonly #prefix: string;
  readonly #clients: (FrameClient | undefined)[] = [];
  readonly #frames = new Map<string, SharedFrames>();

  constructor(host: Host, run: number) {
    this.#host = host;
    this.#prefix = `m${run}-`;
  }

  /** The generation of the contract that the daemon serves. */
  get contract(): GenerationName {
    return this.#host.contract;
  }

  /** Returns the client of a slot, which is connected if necessary. */
  async client(slot: number): Promise<FrameClient> {
    return this.#clients[slot] ??= await FrameClient.connect(this.#host.socket, await this.#host.token());
  }

  /** Returns the id of a process on the wire, which is unique to this run. */
  wireId(id: string): string {
    return this.#prefix + id;
  }

  /** Calls a method with the id of a process; throws if a client has received a wrong frame. */
  async call(slot: number, method: string, id: string, params: Record<string, unknown> = {}): Promise<Message> {
    const reply = await (await this.client(slot)).call(method, { id: this.wireId(id), ...params });
    this.checkFailures();
    return reply;
  }

  checkFailures(): void {
    for (const [slot, client] of this.#clients.entries()) {
      if (client?.failure !== undefined) throw new Error(`client ${slot}: ${client.failure.message}`);
    }
  }

  /** Starts a process, whose frames are counted from 1 again. */
  async spawn(slot: number, id: string): Promise<void> {
    const client = await this.client(slot);
    const params = { id: this.wireId(id), command: "cat", exitDetail: true, notice: true };
    const frames: SharedFrames = new Map();
    this.#frames.set(id, frames);
    const reply = await client.call("process.spawn", params, () => {
      client.positions.set(this.wireId(id), { frames, next: 1, limit: Infinity });
    });
    if (reply.result?.["success"] !== true) throw new Error(`spawn: ${JSON.stringify(reply)}`);
    this.checkFailures();
  }

  /** Attaches to a process; the reply arrives after the replayed frames. */
  async reattach(slot: number, id: string, fromSeq: number, observe: boolean): Promise<Message["result"]> {
    const client = await this.client(slot);
    const wireId = this.wireId(id);
    const frames = this.#frames.get(id);
    const before = client.positions.get(wireId);
    if (frames !== undefined) {
      const isSame = before?.frames === frames && before.limit === Infinity;
      const position: Position = { frames, next: isSame ? before.next : fromSeq + 1, limit: Infinity };
      client.positions.set(wireId, isSame ? { ...position, restart: fromSeq + 1 } : position);
    }
    const { result } = await client.call("process.reattach", { id: wireId, fromSeq, observe, notice: true });
    // All frames that were in transit have arrived.
    const position = client.positions.get(wireId);
    if (position?.restart !== undefined) {
      position.next = Math.max(position.next, position.restart);
      delete position.restart;
    }
    this.checkFailures();
    return result;
  }

  /** Expects no more frames after `lastSeq`, because another client has taken over the stream. */
  endStream(slot: number, id: string, lastSeq: number): void {
    const position = this.#clients[slot]?.positions.get(this.wireId(id));
    if (position !== undefined) position.limit = lastSeq;
  }

  /** Waits for the notice to a client that no more frames of a process follow, and checks the reason. */
  async expectNotice(slot: number, id: string, reason: string): Promise<void> {
    const client = this.#clients[slot]!;
    const notice = await waitFor(`the notice to client ${slot} that ${id} is ${reason}`, () => {
      this.checkFailures();
      return client.notices.get(this.wireId(id))?.shift();
    }, SETTLE_MS);
    if (notice.reason !== reason) throw new Error(`client ${slot}: ${id} is ${notice.reason}, not ${reason}`);
  }

  /** Returns the seq of the last frame that a client has received. */
  lastSeen(slot: number, id: string): number {
    return (this.#clients[slot]?.positions.get(this.wireId(id))?.next ?? 1) - 1;
  }

  /** Returns the output up to the first frame that no client has received. */
  output(id: string): string {
    let text = "";
    const frames = this.#frames.get(id);
    for (let seq = 1; frames?.get(seq)?.startsWith("o"); seq++) text += frames.get(seq)!.slice(1);
    return text;
  }

  /** Returns the entry of a process in `process.list`. */
  async describe(id: string): Promise<Record<string, unknown> | undefined> {
    const { result } = await this.call(0, "process.list", id);
    const processes = result?.["processes"] as Record<string, unknown>[];
    return processes.find((process) => process["id"] === this.wireId(id));
  }

  /** Waits until each client has received all frames that it should, and checks them. */
  async settle(id: string, { input, exit, receiver, observers }: ModelProcess): Promise<void> {
    const followers = [...observers, ...receiver === undefined ? [] : [receiver]];
    const frames = this.#frames.get(id)!;
    let lastSeq = 0;
    await waitFor(`${id} to settle`, async () => {
      const entry = await this.describe(id);
      if (entry === undefined) throw new Error(`${id} is not listed`);
      if (entry["stdinApplied"] !== input.length) {
        throw new Error(`${entry["stdinApplied"]} applied, not ${input.length}`);
      }
      if (entry["running"] !== (exit === undefined)) return false;
      // A client is detached once it has received the exit frame.
      if (entry["attached"] !== (receiver !== undefined && exit === undefined)) return false;
      lastSeq = Number(entry["lastSeq"]);
      if (followers.some((slot) => this.lastSeen(slot, id) < lastSeq)) return false;
      return exit !== undefined || frames.size < lastSeq || this.output(id) === input || followers.length === 0;
    }, SETTLE_MS);
    const output = this.output(id);
    if (!input.startsWith(output)) throw new Error(`${id} printed output that differs from its input`);
    if (exit === undefined || frames.size < lastSeq) return;
    if (frames.get(lastSeq) !== exit) throw new Error(`${id} ended as "${frames.get(lastSeq)}", not "${exit}"`);
    if (exit.startsWith("x 0") && output !== input) {
      throw new Error(`${id} printed ${output.length} of ${input.length} bytes`);
    }
  }

  /** Upgrades the daemon, which closes every connection. */
  async upgrade(): Promise<void> {
    await this.#host.upgrade?.();
    for (const slot of this.#clients.keys()) await this.cut(slot);
  }

  /** Closes the connection of a client without notice. */
  async cut(slot: number): Promise<void> {
    await this.#clients[slot]?.[Symbol.asyncDispose]();
    this.#clients[slot] = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const slot of this.#clients.keys()) await this.cut(slot);
  }
}

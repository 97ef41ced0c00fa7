/**
 * One client of the soak: it loses its connection again and again, and accounts for every byte.
 *
 * @module
 */

import { LineClient, type Message } from "../helpers/line_client.ts";

/** A process as its client sees it, across connections. */
export class Session implements Disposable {
  readonly #socket: string;
  readonly #token: string;
  readonly #random: () => number;
  /** How often the connection was lost. */
  losses = 0;
  #client: LineClient | undefined;
  #lastSeq = 0;

  constructor(socket: string, token: string, random: () => number) {
    this.#socket = socket;
    this.#token = token;
    this.#random = random;
  }

  /** The connection; a new one when the last was lost. */
  async client(): Promise<LineClient> {
    return this.#client ??= await LineClient.connect(this.#socket, this.#token);
  }

  /** A connection of its own, beside this one. */
  another(): Promise<LineClient> {
    return LineClient.connect(this.#socket, this.#token);
  }

  /** Cuts the connection, as a network does. */
  lose(): void {
    this.#client?.close();
    this.#client = undefined;
    this.losses++;
  }

  /** Starts a process; frames are counted anew. */
  async spawn(params: Record<string, unknown>): Promise<void> {
    const client = await this.client();
    const { error } = await client.call("process.spawn", params);
    if (error !== undefined) throw new Error(`spawn: ${error.message}`);
    this.#lastSeq = 0;
  }

  /**
   * Takes frames of a process until one says that it is enough; may lose the connection at any
   * frame, and goes on from the last one it saw.
   *
   * @param lossChance How likely that is, per frame.
   * @param enough Says so.
   * @param mayMiss Whether it prints more than the replay buffer holds while nobody listens.
   */
  async follow(
    id: string,
    lossChance: number,
    enough: (frame: Message) => boolean,
    mayMiss = false,
  ): Promise<void> {
    for (;;) {
      const frame = await (await this.client()).message();
      if (frame.type === "stream" && frame.processId === id) {
        const isNext = mayMiss ? frame.seq! > this.#lastSeq : frame.seq! === this.#lastSeq + 1;
        if (!isNext) throw new Error(`frame ${frame.seq} after ${this.#lastSeq}`);
        this.#lastSeq = frame.seq!;
        if (enough(frame)) return;
      }
      if (this.#random() < lossChance) {
        this.lose();
        await this.reattach(id);
      }
    }
  }

  /** Comes back on a new connection; gives the count of stdin bytes that arrived. */
  async reattach(id: string): Promise<void> {
    await (await this.client()).send("process.reattach", { id, fromSeq: this.#lastSeq });
  }

  [Symbol.dispose](): void {
    this.#client?.close();
  }
}

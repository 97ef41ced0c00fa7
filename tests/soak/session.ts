/**
 * A client of the soak test, which loses its connection repeatedly and checks every frame.
 *
 * @module
 */

import { LineClient, type Message } from "../helpers/line_client.ts";

/** A client and its process, across connections. */
export class Session implements Disposable {
  readonly #socket: string;
  readonly #token: string;
  readonly #random: () => number;
  /** The number of lost connections. */
  losses = 0;
  #client: LineClient | undefined;
  #lastSeq = 0;

  constructor(socket: string, token: string, random: () => number) {
    this.#socket = socket;
    this.#token = token;
    this.#random = random;
  }

  /** Returns the connection, which is opened if there is none. */
  async client(): Promise<LineClient> {
    return this.#client ??= await LineClient.connect(this.#socket, this.#token);
  }

  /** Opens a second connection. */
  connectAgain(): Promise<LineClient> {
    return LineClient.connect(this.#socket, this.#token);
  }

  /** Closes the connection without notice, like a network failure. */
  loseConnection(): void {
    this.#client?.close();
    this.#client = undefined;
    this.losses++;
  }

  /** Starts a process, whose frames are counted from 1. */
  async spawn(params: Record<string, unknown>): Promise<void> {
    const client = await this.client();
    const { error } = await client.call("process.spawn", params);
    if (error !== undefined) throw new Error(`spawn: ${error.message}`);
    this.#lastSeq = 0;
  }

  /**
   * Reads frames of a process until one is the last. May lose the connection after any frame, and then continues on
   * a new one.
   *
   * @param lossChance The probability of a loss, per frame.
   * @param isLast Whether a frame is the last to read.
   * @param mayMiss Whether frames may be missing, because more was printed than the replay buffer holds.
   */
  async follow(
    id: string,
    lossChance: number,
    isLast: (frame: Message) => boolean,
    mayMiss = false,
  ): Promise<void> {
    for (;;) {
      const frame = await (await this.client()).message();
      if (frame.type === "stream" && frame.processId === id) {
        const isNext = mayMiss ? frame.seq! > this.#lastSeq : frame.seq! === this.#lastSeq + 1;
        if (!isNext) throw new Error(`frame ${frame.seq} after ${this.#lastSeq}`);
        this.#lastSeq = frame.seq!;
        if (isLast(frame)) return;
      }
      if (this.#random() < lossChance) {
        this.loseConnection();
        await this.reattach(id);
      }
    }
  }

  /** Requests the frames after the last one that was read. */
  async reattach(id: string): Promise<void> {
    await (await this.client()).send("process.reattach", { id, fromSeq: this.#lastSeq });
  }

  [Symbol.dispose](): void {
    this.#client?.close();
  }
}

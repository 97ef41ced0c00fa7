/**
 * What an agent has printed and nobody has stored yet.
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";

/** A part of what happened to the process of an agent. */
export type Incoming =
  & {
    /** The id of the process. */
    readonly processId: string;
    /** Whether the transcript has the prompt that was being answered; known when the process has ended. */
    readonly wasTaken: boolean;
  }
  & (
    | { readonly kind: "frame"; readonly frame: Frame; readonly gap: number }
    | { readonly kind: "lost"; readonly reason: string }
  );

/** How much may wait to be stored before the agent is held up, in bytes. */
const MAX_BYTES = 4 << 20;

/** See the module comment. */
export class AgentInbox {
  #waiting: Incoming[] = [];
  #bytes = 0;
  #emptied: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  /** Whether anything waits. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether so much waits that the agent has to be held up. */
  get isFull(): boolean {
    return this.#bytes >= MAX_BYTES;
  }

  /** Adds a part. */
  push(one: Incoming): void {
    this.#waiting.push(one);
    this.#bytes += sizeOf(one);
  }

  /** Returns the first parts, at least one if any waits; they stay until {@linkcode AgentInbox.drop}. */
  first(maxBytes: number): readonly Incoming[] {
    let size = 0;
    const over = this.#waiting.findIndex((one, i) => {
      size += sizeOf(one);
      return i > 0 && size > maxBytes;
    });
    return over < 0 ? [...this.#waiting] : this.#waiting.slice(0, over);
  }

  /** Drops the first parts, which are stored. */
  drop(count: number): void {
    const dropped = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#bytes -= dropped.reduce((sum, one) => sum + sizeOf(one), 0);
    if (!this.isEmpty) return;
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }

  /** Waits until nothing waits to be stored, or it is closed. */
  async whenEmpty(): Promise<void> {
    while (!this.isEmpty && !this.#isClosed) {
      this.#emptied ??= Promise.withResolvers();
      await this.#emptied.promise;
    }
  }

  /** Lets those go on who wait. */
  close(): void {
    this.#isClosed = true;
    this.#emptied?.resolve();
  }
}

function sizeOf(one: Incoming): number {
  return one.kind === "frame" && one.frame.stream !== "exit" ? one.frame.data.length : 0;
}

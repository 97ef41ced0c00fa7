/**
 * Cuts the output of an agent into lines, and keeps the unfinished line of each stream in the store, so that the next
 * keeper goes on in the middle of a line.
 *
 * @module
 */

import { type AgentLine, LineSplitter } from "../agent/line_splitter.ts";
import type { Store } from "../store/store.ts";

/** A stream of an agent's output. */
export type OutputStream = "stdout" | "stderr";

/** The streams of an agent's output. */
export const OUTPUT_STREAMS: readonly OutputStream[] = ["stdout", "stderr"];

/** How much of an unfinished line is stored, in bytes; a longer one is too long for an event anyway. */
const MAX_UNFINISHED_BYTES = 64 << 20;
const NEWLINE = 0x0a;

/** The unfinished line of a stream. */
interface Unfinished {
  splitter: LineSplitter;
  /** How many of its bytes are stored. */
  storedBytes: number;
  /** What has been added since the last save. */
  pieces: Uint8Array[];
  /** Whether what is stored belongs to a line that is finished or dropped. */
  isStale: boolean;
}

/** See the module comment. */
export class OutputLines {
  readonly #store: Store;
  readonly #session: string;
  #streams: Readonly<Record<OutputStream, Unfinished>>;

  /** Goes on with the unfinished lines in the store. */
  constructor(store: Store, session: string) {
    this.#store = store;
    this.#session = session;
    this.#streams = this.#load();
  }

  /** Takes bytes, and returns the lines that they finish. */
  push(stream: OutputStream, bytes: Uint8Array): AgentLine[] {
    const unfinished = this.#streams[stream];
    const newline = bytes.lastIndexOf(NEWLINE);
    if (newline >= 0) forget(unfinished);
    unfinished.pieces.push(bytes.subarray(newline + 1));
    return unfinished.splitter.push(bytes);
  }

  /** Returns the unfinished line at the end of the output; `undefined` if there is none. */
  end(stream: OutputStream): AgentLine | undefined {
    return this.#streams[stream].splitter.end();
  }

  /** Drops the unfinished lines, because output is missing. */
  dropUnfinished(): void {
    for (const stream of OUTPUT_STREAMS) {
      forget(this.#streams[stream]);
      this.#streams[stream].splitter.dropUntilNewline();
    }
  }

  /** Stores the unfinished lines; called within a change. */
  save(): void {
    for (const stream of OUTPUT_STREAMS) this.#saveStream(stream);
  }

  /** Brings back what is stored, after a change that failed. */
  undo(): void {
    this.#streams = this.#load();
  }

  /** Begins with another process; called within a change. */
  clear(): void {
    for (const stream of OUTPUT_STREAMS) this.#store.unfinished.clear(this.#session, stream);
    this.#streams = { stdout: begin(new Uint8Array(0)), stderr: begin(new Uint8Array(0)) };
  }

  #saveStream(stream: OutputStream): void {
    const unfinished = this.#streams[stream];
    if (unfinished.isStale && unfinished.storedBytes > 0) {
      this.#store.unfinished.clear(this.#session, stream);
      unfinished.storedBytes = 0;
    }
    unfinished.isStale = false;
    for (const bytes of unfinished.pieces) {
      if (bytes.length === 0 || unfinished.storedBytes > MAX_UNFINISHED_BYTES) continue;
      this.#store.unfinished.append(this.#session, stream, bytes);
      unfinished.storedBytes += bytes.length;
    }
    unfinished.pieces = [];
  }

  #load(): Readonly<Record<OutputStream, Unfinished>> {
    const { stdout, stderr } = this.#store.unfinished.read(this.#session);
    return { stdout: begin(stdout), stderr: begin(stderr) };
  }
}

function begin(rest: Uint8Array): Unfinished {
  return { splitter: new LineSplitter({ rest }), storedBytes: rest.length, pieces: [], isStale: false };
}

function forget(unfinished: Unfinished): void {
  unfinished.pieces = [];
  unfinished.isStale = true;
}

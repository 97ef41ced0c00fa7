/**
 * The replay buffer: the newest encoded frames of one process, up to a cap in bytes, so that a
 * late or reconnecting client misses nothing (contract: Process methods; Memory and fairness).
 *
 * Frames lie one behind the other in chunks, each whole within its chunk. A reader takes all that
 * a chunk has for it as one slice without a copy. The oldest whole frames give way; a chunk that
 * has become empty serves again as the newest one, so a full buffer allocates nothing.
 *
 * @module
 */

/** The contract's cap on the frames of one process, in bytes. */
export const DEFAULT_REPLAY_BYTES = 16 << 20;

const FIRST_CHUNK_BYTES = 4 << 10;
const MAX_CHUNK_BYTES = 256 << 10;

interface Chunk {
  data: Uint8Array;
  /** Total bytes that were appended before this chunk. */
  readonly base: number;
  /** The seq of its first frame, dropped or not. */
  readonly firstSeq: number;
  /** Where each of its frames ends, dropped ones included. */
  readonly ends: number[];
  /** How many of its frames are dropped. */
  dropped: number;
  /** How many readers hold a slice of it. */
  pins: number;
  next: Chunk | undefined;
}

/** A slice of whole frames, valid until it is released. */
export interface ReplaySlice {
  /** The encoded frames; not to be written to. */
  readonly bytes: Uint8Array;
  /** Gives the slice back; at most once. */
  release(): void;
}

/** A position in a replay buffer. It skips ahead when the frames it stood at are dropped. */
export interface ReplayCursor {
  /** Takes the frames up to the end of a chunk and moves behind them; `undefined` when there are none. */
  take(): ReplaySlice | undefined;
  /** The seq of the next frame that {@linkcode ReplayCursor.take} gives, provided it is not dropped by then. */
  readonly nextSeq: number;
  /** Bytes between the position and the newest frame's end. */
  readonly lag: number;
}

/** See the module. Frames are numbered from 1. */
export class ReplayBuffer {
  readonly #capacity: number;
  #head: Chunk;
  #tail: Chunk;
  #spare: Uint8Array | undefined;
  #isSealed = false;
  #end = 0;
  #bytes = 0;
  #frames = 0;

  /**
   * Makes an empty buffer.
   *
   * @param capacity The cap in bytes; one frame is kept even if it alone exceeds it.
   * @param lastSeq The seq of the frame before the first one, which is not held.
   */
  constructor(capacity: number = DEFAULT_REPLAY_BYTES, lastSeq = 0) {
    if (!(capacity > 0)) throw new RangeError(`Cannot make replay buffer: capacity ${capacity} is not above 0`);
    this.#capacity = capacity;
    this.#head = this.#tail = newChunk(new Uint8Array(0), 0, lastSeq + 1);
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The seq of the oldest frame held; 0 when there never was one. */
  get firstSeq(): number {
    return this.#frames === 0 ? 0 : this.#head.firstSeq + this.#head.dropped;
  }

  /** The seq of the newest frame; 0 when there never was one. */
  get lastSeq(): number {
    return this.#tail.firstSeq + this.#tail.ends.length - 1;
  }

  /**
   * Appends a frame.
   *
   * @param maxSize At least the frame's size in bytes.
   * @param encode Writes the frame at the start of the array it is given and returns its size in bytes.
   */
  append(maxSize: number, encode: (target: Uint8Array) => number): void {
    const used = usedBytes(this.#tail);
    if (this.#tail.data.length - used < maxSize) {
      this.#addChunk(maxSize);
      return this.append(maxSize, encode);
    }
    const size = encode(this.#tail.data.subarray(used));
    this.#tail.ends.push(used + size);
    this.#bytes += size;
    this.#end += size;
    this.#frames++;
    while (this.#bytes > this.#capacity && this.#frames > 1) this.dropOldest();
  }

  /** Drops the oldest frame, unless it is the only one; returns its size in bytes. */
  dropOldest(): number {
    if (this.#frames <= 1) return 0;
    const chunk = this.#head;
    const size = chunk.ends[chunk.dropped]! - startOf(chunk, chunk.dropped);
    chunk.dropped++;
    this.#bytes -= size;
    this.#frames--;
    this.#dropEmptyChunks();
    return size;
  }

  /** Forgets all frames and gives their memory back now, not when it is collected. Slices that are out stay valid. */
  free(): void {
    for (let chunk: Chunk | undefined = this.#head; chunk !== undefined; chunk = chunk.next) freeIfUnpinned(chunk);
    // Linked, so that whoever stands in an old chunk finds the way.
    this.#tail.next = newChunk(new Uint8Array(0), this.#end, this.lastSeq + 1);
    this.#head = this.#tail = this.#tail.next;
    this.#spare = undefined;
    this.#bytes = 0;
    this.#frames = 0;
  }

  /** Gives back the room for further frames: none are to come. */
  seal(): void {
    this.#isSealed = true;
    this.#spare = undefined;
    this.#tail.data = this.#tail.data.slice(0, usedBytes(this.#tail));
  }

  /** Opens a position behind the frame `afterSeq`, or at the oldest frame held if that is later. */
  cursor(afterSeq: number): ReplayCursor {
    const floor = () => this.#head.firstSeq + this.#head.dropped;
    let chunk = this.#head;
    let seq = Math.min(Math.max(afterSeq + 1, floor()), this.lastSeq + 1);
    /** Moves on to where the next frame is, and returns its offset there. */
    const settle = () => {
      if (seq < floor()) {
        chunk = this.#head;
        seq = floor();
      }
      while (chunk.next !== undefined && seq >= chunk.next.firstSeq) chunk = chunk.next;
      return startOf(chunk, seq - chunk.firstSeq);
    };
    const lag = () => {
      const start = settle();
      return this.#end - chunk.base - start;
    };
    return {
      get nextSeq() {
        return Math.max(seq, floor());
      },
      get lag() {
        return lag();
      },
      take: () => {
        const start = settle();
        const end = usedBytes(chunk);
        if (start === end) return undefined;
        seq = chunk.firstSeq + chunk.ends.length;
        const pinned = chunk;
        pinned.pins++;
        return { bytes: pinned.data.subarray(start, end), release: () => void pinned.pins-- };
      },
    };
  }

  #addChunk(needed: number): void {
    const previous = this.#tail;
    const wanted = Math.max(
      needed,
      Math.min(MAX_CHUNK_BYTES, Math.max(FIRST_CHUNK_BYTES, 2 * previous.data.length)),
    );
    const data = this.#spare !== undefined && this.#spare.length >= wanted ? this.#spare : new Uint8Array(wanted);
    this.#spare = undefined;
    this.#tail = previous.next = newChunk(data, this.#end, this.lastSeq + 1);
    this.#dropEmptyChunks();
  }

  #dropEmptyChunks(): void {
    while (this.#head.dropped === this.#head.ends.length && this.#head.next !== undefined) {
      const { data, pins, next } = this.#head;
      // A slice that is still being written must not change under the writer.
      if (this.#isSealed) freeIfUnpinned(this.#head);
      else if (pins === 0 && data.length >= (this.#spare?.length ?? 0)) this.#spare = data;
      this.#head = next;
    }
  }
}

function newChunk(data: Uint8Array, base: number, firstSeq: number): Chunk {
  return { data, base, firstSeq, ends: [], dropped: 0, pins: 0, next: undefined };
}

/** A slice that is out keeps its chunk, which is collected then. */
function freeIfUnpinned({ data, pins }: Chunk): void {
  if (pins === 0 && data.buffer instanceof ArrayBuffer && !data.buffer.detached) data.buffer.transfer(0);
}

function usedBytes(chunk: Chunk): number {
  return chunk.ends.at(-1) ?? 0;
}

function startOf(chunk: Chunk, index: number): number {
  return index === 0 ? 0 : chunk.ends[index - 1]!;
}

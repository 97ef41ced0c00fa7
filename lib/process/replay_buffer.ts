/**
 * The replay buffer holds the newest encoded frames of one process, up to a size limit, so that a client that connects
 * late or reconnects misses nothing (contract: Process methods; Memory and fairness).
 *
 * Frames are stored one after the other in chunks; no frame spans two chunks. A reader takes all its frames in a chunk
 * as one slice, without a copy. The oldest frames are dropped first. An empty chunk is reused as the newest one, so a
 * full buffer allocates no memory.
 *
 * @module
 */

/** The contract's limit on the frames of one process, in bytes. */
export const DEFAULT_REPLAY_BYTES = 16 << 20;

const FIRST_CHUNK_BYTES = 4 << 10;
const MAX_CHUNK_BYTES = 256 << 10;

interface Chunk {
  data: Uint8Array;
  /** The total number of bytes appended before this chunk. */
  readonly base: number;
  /** The sequence number of its first frame, dropped or not. */
  readonly firstSeq: number;
  /** The end offset of each of its frames, including dropped ones. */
  readonly ends: number[];
  /** When each of its frames was appended. */
  readonly times: number[];
  /** The number of its frames that are dropped. */
  dropped: number;
  /** The number of readers that hold a slice of it. */
  pins: number;
  next: Chunk | undefined;
}

/** A slice of whole frames, valid until it is released. */
export interface ReplaySlice {
  /** The encoded frames; must not be modified. */
  readonly bytes: Uint8Array;
  /** When each of the frames was appended, in milliseconds since the epoch. */
  readonly times: readonly number[];
  /** Releases the slice; must be called at most once. */
  release(): void;
}

/** A position in a replay buffer. It moves ahead when the frames at the position are dropped. */
export interface ReplayCursor {
  /** Returns the frames up to the end of a chunk and moves past them; `undefined` if there are none. */
  take(): ReplaySlice | undefined;
  /** The sequence number of the frame that {@linkcode ReplayCursor.take} returns next, unless it is dropped before. */
  readonly nextSeq: number;
  /** The number of bytes between the position and the end of the newest frame. */
  readonly lag: number;
}

/** The newest frames of one process, encoded. Frames are numbered from 1. */
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
   * Creates an empty buffer.
   *
   * @param capacity The size limit in bytes; one frame is kept even if it alone exceeds the limit.
   * @param lastSeq The sequence number before that of the first frame.
   */
  constructor(capacity: number = DEFAULT_REPLAY_BYTES, lastSeq = 0) {
    if (!(capacity > 0)) throw new RangeError(`Cannot make replay buffer: capacity ${capacity} is not above 0`);
    this.#capacity = capacity;
    this.#head = this.#tail = newChunk(new Uint8Array(0), 0, lastSeq + 1);
  }

  /** The total size of the buffered frames, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The sequence number of the oldest buffered frame; 0 if there is none. */
  get firstSeq(): number {
    return this.#frames === 0 ? 0 : this.#head.firstSeq + this.#head.dropped;
  }

  /** The sequence number of the newest frame; 0 if there never was one. */
  get lastSeq(): number {
    return this.#tail.firstSeq + this.#tail.ends.length - 1;
  }

  /**
   * Appends a frame.
   *
   * @param maxSize An upper bound of the frame's size, in bytes.
   * @param encode Writes the frame at the start of the given array and returns its size in bytes.
   * @param time When the frame came, in milliseconds since the epoch.
   */
  append(maxSize: number, encode: (target: Uint8Array) => number, time: number = 0): void {
    const used = usedBytes(this.#tail);
    if (this.#tail.data.length - used < maxSize) {
      this.#addChunk(maxSize);
      return this.append(maxSize, encode, time);
    }
    const size = encode(this.#tail.data.subarray(used));
    this.#tail.ends.push(used + size);
    this.#tail.times.push(time);
    this.#bytes += size;
    this.#end += size;
    this.#frames++;
    while (this.#bytes > this.#capacity && this.#frames > 1) this.dropOldest();
  }

  /** Drops the oldest frame, unless it is the only one, and returns its size in bytes. */
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

  /** Drops all frames and frees their memory without waiting for the garbage collector. Slices that are not released
   * yet stay valid. */
  free(): void {
    for (let chunk: Chunk | undefined = this.#head; chunk !== undefined; chunk = chunk.next) freeIfUnpinned(chunk);
    // Linked, so that cursors in an old chunk find the new one.
    this.#tail.next = newChunk(new Uint8Array(0), this.#end, this.lastSeq + 1);
    this.#head = this.#tail = this.#tail.next;
    this.#spare = undefined;
    this.#bytes = 0;
    this.#frames = 0;
  }

  /** Frees the space for further frames, after the last frame. */
  seal(): void {
    this.#isSealed = true;
    this.#spare = undefined;
    this.#tail.data = this.#tail.data.slice(0, usedBytes(this.#tail));
  }

  /** Returns a position after the frame `afterSeq`, or at the oldest buffered frame if that is later. */
  cursor(afterSeq: number): ReplayCursor {
    const floor = () => this.#head.firstSeq + this.#head.dropped;
    let chunk = this.#head;
    let seq = Math.min(Math.max(afterSeq + 1, floor()), this.lastSeq + 1);
    /** Moves to the chunk of the next frame and returns the frame's offset in it. */
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
        const [first, count] = [seq - chunk.firstSeq, chunk.ends.length];
        seq = chunk.firstSeq + chunk.ends.length;
        const pinned = chunk;
        pinned.pins++;
        return {
          bytes: pinned.data.subarray(start, end),
          get times() {
            return pinned.times.slice(first, count);
          },
          release: () => void pinned.pins--,
        };
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
      // A slice in use must not change, so its chunk is not reused.
      if (this.#isSealed) freeIfUnpinned(this.#head);
      else if (pins === 0 && data.length >= (this.#spare?.length ?? 0)) this.#spare = data;
      this.#head = next;
    }
  }
}

function newChunk(data: Uint8Array, base: number, firstSeq: number): Chunk {
  return { data, base, firstSeq, ends: [], times: [], dropped: 0, pins: 0, next: undefined };
}

/** Frees a chunk's memory; a chunk with slices in use is left to the garbage collector. */
function freeIfUnpinned({ data, pins }: Chunk): void {
  if (pins === 0 && data.buffer instanceof ArrayBuffer && !data.buffer.detached) data.buffer.transfer(0);
}

function usedBytes(chunk: Chunk): number {
  return chunk.ends.at(-1) ?? 0;
}

function startOf(chunk: Chunk, index: number): number {
  return index === 0 ? 0 : chunk.ends[index - 1]!;
}

/**
 * Messages that are too large for one message of NATS: they go in parts, each with a header that says which one it is.
 *
 * @module
 */

/** The largest part, in bytes. With its headers it fits into the 256 KiB that the stream allows. */
export const PART_BYTES = 240 << 10;
/** The header of a part: the message that it belongs to, its number from 1, and the number of the parts. */
export const PART_HEADER = "Claustrum-Part";
/** How many bytes of unfinished messages are kept. */
const MAX_KEPT_BYTES = 32 << 20;
/** What an unfinished message occupies beside its parts, and for each of them, in bytes: parts may be empty. */
const COST = { message: 256, part: 8 };
const HEADER = /^(\S+) (\d{1,4})\/(\d{1,4})$/;

/** Splits a message; one that is small enough is its only part. */
export function splitParts(message: Uint8Array, partBytes = PART_BYTES): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < message.length; start += partBytes) {
    parts.push(message.subarray(start, start + partBytes));
  }
  return parts.length === 0 ? [message] : parts;
}

/**
 * Returns the header of a part.
 *
 * @param key Names the message: no other one that is sent to the same place has it.
 * @param index The number of the part, from 0.
 */
export function partHeader(key: string, index: number, count: number): string {
  return `${key} ${index + 1}/${count}`;
}

interface Unfinished {
  readonly parts: (Uint8Array | undefined)[];
  missing: number;
  bytes: number;
  /** What it occupies, in bytes. */
  cost: number;
}

/** Joins parts. Of unfinished messages that are too much together, the oldest are forgotten. */
export class PartJoiner {
  readonly #unfinished = new Map<string, Unfinished>();
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes How many bytes of unfinished messages are kept. */
  constructor(maxBytes = MAX_KEPT_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes a part.
   *
   * @param header Its header; a message without one is whole.
   * @param sender Tells those who may choose the same keys apart.
   * @returns The message if this was its last missing part.
   */
  add(data: Uint8Array, header: string | undefined, sender: string): Uint8Array | undefined {
    if (header === undefined || header === "") return data;
    const match = HEADER.exec(header);
    if (match === null) return undefined;
    const [index, count] = [Number(match[2]) - 1, Number(match[3])];
    if (index < 0 || index >= count) return undefined;
    const key = `${sender} ${match[1]}`;
    const message = this.#unfinished.get(key) ?? this.#begin(key, count);
    if (message.parts.length !== count || message.parts[index] !== undefined) return undefined;
    message.parts[index] = data;
    message.missing--;
    message.bytes += data.length;
    message.cost += data.length;
    this.#bytes += data.length;
    if (message.missing > 0) {
      this.#makeRoom();
      return undefined;
    }
    this.#forget(key, message);
    return join(message);
  }

  #begin(key: string, count: number): Unfinished {
    const parts = new Array<Uint8Array | undefined>(count).fill(undefined);
    const message = { parts, missing: count, bytes: 0, cost: COST.message + key.length + count * COST.part };
    this.#unfinished.set(key, message);
    this.#bytes += message.cost;
    return message;
  }

  #makeRoom(): void {
    for (const [key, message] of this.#unfinished) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#forget(key, message);
    }
  }

  #forget(key: string, { cost }: Unfinished): void {
    this.#unfinished.delete(key);
    this.#bytes -= cost;
  }
}

function join({ parts, bytes }: Unfinished): Uint8Array {
  const whole = new Uint8Array(bytes);
  let end = 0;
  for (const part of parts) {
    if (part === undefined) continue;
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

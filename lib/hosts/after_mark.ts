/**
 * Leaves out what comes before a mark in a stream: a login shell prints what its start-up files print.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type ByteStream, concat } from "../system/io.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";

/** How much may come before the mark, in bytes. */
const MAX_NOISE = 1 << 20;

/** What came was no mark, but more than start-up files print. */
export class NoMarkError extends ClaustrumError {
  constructor() {
    super("the host prints and prints before its hub says anything: mend its shell's start-up files");
  }
}

/**
 * Returns a stream that begins behind the line that ends with a mark.
 *
 * @param stream The stream; it is closed with the result.
 * @param mark Letters and digits.
 */
export function afterMark<S extends ByteStream>(stream: S, mark: string): S {
  const wanted = Buffer.from(`${mark}\n`);
  let seen: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** What came with the mark, and was not taken yet; `undefined` before the mark. */
  let rest: Uint8Array | undefined;
  const findMark = async (into: Uint8Array): Promise<boolean> => {
    while (rest === undefined) {
      const n = await stream.read(into);
      if (n === null) return false;
      seen = concat([seen, into.subarray(0, n)]);
      const at = Buffer.from(seen.buffer, seen.byteOffset, seen.length).indexOf(wanted);
      if (at >= 0) rest = seen.subarray(at + wanted.length);
      else if (seen.length > MAX_NOISE) throw new NoMarkError();
    }
    seen = new Uint8Array();
    return true;
  };
  return {
    ...stream,
    async read(into: Uint8Array) {
      if (rest === undefined && !await findMark(into)) return null;
      if (rest === undefined || rest.length === 0) return await stream.read(into);
      const n = Math.min(into.length, rest.length);
      into.set(rest.subarray(0, n));
      rest = rest.subarray(n);
      return n;
    },
  };
}

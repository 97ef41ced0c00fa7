/**
 * Mutations of bytes that all fuzzers share.
 *
 * @module
 */

import { pick } from "../helpers/random.ts";
import { concat } from "../../lib/system/io.ts";

/** Returns a random integer from 0 up to a limit, which is exclusive. */
export function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

/** Changes some bytes. */
export type Mutation = (bytes: Uint8Array, random: () => number) => Uint8Array;

/** Returns two random positions in order. */
function range(bytes: Uint8Array, random: () => number, most = 64): [number, number] {
  const start = below(random, bytes.length);
  return [start, Math.min(bytes.length, start + 1 + below(random, most))];
}

/** Mutations that keep the positions of other bytes. */
export const IN_PLACE: readonly Mutation[] = [
  function flip(bytes, random) {
    const copy = bytes.slice();
    const at = below(random, copy.length);
    copy[at] = copy[at]! ^ (1 << below(random, 8));
    return copy;
  },
  function overwrite(bytes, random) {
    const copy = bytes.slice();
    const [start, end] = range(copy, random, 8);
    for (let i = start; i < end; i++) copy[i] = below(random, 256);
    return copy;
  },
];

/** Mutations that move bytes. */
export const MOVING: readonly Mutation[] = [
  function cut(bytes, random) {
    return bytes.slice(0, below(random, bytes.length));
  },
  function drop(bytes, random) {
    const [start, end] = range(bytes, random);
    return concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  function repeat(bytes, random) {
    const [start, end] = range(bytes, random);
    return concat([bytes.subarray(0, end), bytes.subarray(start)]);
  },
  function insert(bytes, random) {
    const at = below(random, bytes.length + 1);
    const more = Uint8Array.from({ length: 1 + below(random, 8) }, () => below(random, 256));
    return concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
];

/** Applies one of the mutations. */
export function mutate(bytes: Uint8Array, random: () => number, mutations: readonly Mutation[]): Uint8Array {
  return bytes.length === 0 ? bytes : pick(random, mutations)(bytes, random);
}

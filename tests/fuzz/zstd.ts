/**
 * Fuzzes the decompression with real blobs whose frames and bytes are mutated. Each must decompress to its content or
 * fail with an error that describes the reason.
 *
 * @module
 */

import { decompressZstd, ZstdError } from "../../lib/install/zstd.ts";
import { zstd } from "../helpers/cli_blob.ts";
import { pick, seededRandom } from "../helpers/random.ts";
import { concat } from "../../lib/system/io.ts";
import { soon } from "../helpers/wait.ts";
import { below, IN_PLACE, MOVING, mutate } from "./mutate.ts";
import { expect, Finding, type Target } from "./target.ts";

const ROUND_CASES = 50;
const CASE_MS = 30_000;
const TEXTS = /^(unexpected EOF|CRC check failed|window size exceeded|invalid input: [a-z0-9 ().'_/-]+)$/;
const SKIPPABLE = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
/** The longest frame header, in bytes; the data after it is covered by a checksum. */
const HEADER_BYTES = 18;

/** A frame and its content. */
interface Sample {
  readonly blob: Uint8Array;
  readonly content: Uint8Array;
  readonly hasChecksum: boolean;
}

/** Creates the blobs to mutate. */
export async function zstdTarget(): Promise<Target> {
  const samples = await makeSamples();
  return {
    roundCases: ROUND_CASES,
    pid: Deno.pid,
    // Decoders allocate and free windows of up to 128 MiB.
    maxGrowth: 256 << 20,
    async round(seed) {
      const random = seededRandom(seed);
      for (let i = 0; i < ROUND_CASES; i++) await decompressOne(pick(random, samples), samples, random);
    },
    finish: () => Promise.resolve("whatever came out was what had gone in, or an error said why not"),
    async [Symbol.asyncDispose]() {},
  };
}

async function makeSamples(): Promise<Sample[]> {
  const random = seededRandom(1);
  const noise = Uint8Array.from({ length: 3_000 }, () => random() * 256);
  const text = new TextEncoder().encode("all work and no play ".repeat(2_000));
  const contents = [new Uint8Array(0), noise, text, concat([text, noise, text])];
  const samples: Sample[] = [];
  for (const content of contents) {
    for (const flags of [["-1"], ["-19"], ["--no-check"], ["--no-content-size"], ["-1", "--long=27"]]) {
      const blob = await zstd(new Uint8Array(content), flags);
      samples.push({ blob, content, hasChecksum: !flags.includes("--no-check") });
    }
  }
  return samples;
}

/** A case and its valid results. */
interface Case {
  readonly blob: Uint8Array;
  /** The output, if the case is valid. */
  readonly content: Uint8Array | undefined;
  readonly mustSucceed: boolean;
}

function fuzzBlob({ blob, content, hasChecksum }: Sample, samples: readonly Sample[], random: () => number): Case {
  const chance = random();
  if (chance < 0.05) return { blob, content, mustSucceed: true };
  if (chance < 0.1) {
    const other = pick(random, samples);
    const whole = concat([SKIPPABLE, blob, SKIPPABLE, other.blob]);
    return { blob: whole, content: concat([content, other.content]), mustSucceed: true };
  }
  if (chance < 0.2) return { blob: blob.slice(0, below(random, blob.length)), content: undefined, mustSucceed: false };
  if (chance < 0.5 && hasChecksum && blob.length > HEADER_BYTES) {
    const body = mutate(blob.subarray(HEADER_BYTES), random, IN_PLACE);
    return { blob: concat([blob.subarray(0, HEADER_BYTES), body]), content, mustSucceed: false };
  }
  let bytes = blob;
  for (let n = 1 + below(random, 3); n > 0; n--) bytes = mutate(bytes, random, random() < 0.5 ? IN_PLACE : MOVING);
  return { blob: random() < 0.1 ? concat([bytes, blob]) : bytes, content: undefined, mustSucceed: false };
}

async function decompressOne(sample: Sample, samples: readonly Sample[], random: () => number): Promise<void> {
  const { blob, content, mustSucceed } = fuzzBlob(sample, samples, random);
  const pieceBytes = 1 + below(random, 1 << below(random, 17));
  const outcome = await soon("a decompression", decompress(blob, pieceBytes), CASE_MS);
  if (outcome instanceof ZstdError) {
    expect(TEXTS.test(outcome.message), () => `no text of the contract: "${outcome.message}"`);
    if (mustSucceed) throw new Finding(`a whole blob was refused: ${outcome.message}`);
    return;
  }
  const isRight = content === undefined || isEqual(outcome, content);
  expect(isRight, () => `${outcome.length} bytes came out, ${content!.length} others were in it`);
}

async function decompress(blob: Uint8Array, pieceBytes: number): Promise<Uint8Array | ZstdError> {
  const pieces: Uint8Array[] = [];
  let at = 0;
  const read = (into: Uint8Array) => {
    const piece = blob.subarray(at, at + Math.min(into.length, pieceBytes));
    into.set(piece);
    at += piece.length;
    return piece.length === 0 ? null : piece.length;
  };
  try {
    await decompressZstd(read, (chunk) => void pieces.push(chunk.slice()));
    return concat(pieces);
  } catch (error) {
    if (error instanceof ZstdError) return error;
    throw error;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

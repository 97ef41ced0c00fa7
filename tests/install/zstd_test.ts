import { assert, assertEquals, assertRejects } from "@std/assert";
import { decompressZstd, ZstdError } from "../../lib/install/zstd.ts";
import { zstd } from "../helpers/cli_blob.ts";
import { seededRandom } from "../helpers/random.ts";

/** Bytes that compress moderately and exceed a window. */
function sample(size: number): Uint8Array<ArrayBuffer> {
  const random = seededRandom(size);
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = i % 7 < 4 ? i >> 8 : random() * 256;
  return bytes;
}

async function decompress(blob: Uint8Array, pieceBytes = Infinity): Promise<Uint8Array> {
  let at = 0;
  const pieces: Uint8Array[] = [];
  await decompressZstd(
    (into) => {
      const n = Math.min(into.length, blob.length - at, pieceBytes);
      into.set(blob.subarray(at, at + n));
      at += n;
      return n === 0 ? null : n;
    },
    (chunk) => void pieces.push(chunk.slice()),
  );
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole;
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

const SKIPPABLE = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
const MAGIC = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);

for (
  const flags of [["-1"], ["-19"], ["--long=27"], ["--ultra", "-22"], ["--no-check"], ["--no-content-size"], [
    "-1",
    "--target-compressed-block-size=1000",
  ]]
) {
  Deno.test(`decompressZstd() reads what zstd ${flags.join(" ")} wrote`, async () => {
    const bytes = sample(1_500_000);
    const blob = await zstd(bytes, flags);
    for (const pieceBytes of [Infinity, 4_099]) {
      assertEquals(Uint8Array.from(await decompress(blob, pieceBytes)).toHex() === bytes.toHex(), true);
    }
  });
}

Deno.test("decompressZstd() reads several frames with skippable ones in between, in pieces of any size", async () => {
  const [first, empty, last] = [sample(3_000), new Uint8Array(0), sample(70_000)];
  const blob = concat(SKIPPABLE, await zstd(first), SKIPPABLE, await zstd(empty), await zstd(last), SKIPPABLE);
  const expected = concat(first, last).toHex();
  for (const pieceBytes of [1, 2, 7, 1_000, Infinity]) {
    assertEquals((await decompress(blob, pieceBytes)).toHex(), expected);
  }
});

Deno.test("decompressZstd() refuses input when it is empty or holds only skippable frames", async () => {
  for (const blob of [new Uint8Array(0), SKIPPABLE, concat(SKIPPABLE, SKIPPABLE)]) {
    for (const pieceBytes of [1, Infinity]) {
      await assertRejects(() => decompress(blob, pieceBytes), ZstdError, "unexpected EOF");
    }
  }
});

Deno.test("decompressZstd() writes nothing when a frame is empty", async () => {
  assertEquals(await decompress(await zstd(new Uint8Array(0))), new Uint8Array(0));
});

Deno.test("decompressZstd() reports every truncation", async () => {
  const blob = await zstd(sample(5_000));
  for (let length = 1; length < blob.length; length += length < 40 || length > blob.length - 10 ? 1 : 97) {
    await assertRejects(() => decompress(blob.subarray(0, length)), ZstdError, "unexpected EOF");
  }
});

Deno.test("decompressZstd() refuses data that is not zstd, also after a frame", async () => {
  const blob = await zstd(sample(100));
  for (const bad of [new TextEncoder().encode("#!/bin/sh\n"), concat(blob, new TextEncoder().encode("garbage"))]) {
    await assertRejects(() => decompress(bad), ZstdError, "invalid input: magic number mismatch");
  }
  await assertRejects(() => decompress(concat(blob, Uint8Array.of(1, 2))), ZstdError, "unexpected EOF");
});

Deno.test("decompressZstd() reports a wrong checksum and any other damage without ending the program", async () => {
  const blob = await zstd(sample(50_000));
  const wrongSum = blob.slice();
  wrongSum[wrongSum.length - 1]! ^= 1;
  await assertRejects(() => decompress(wrongSum), ZstdError, "CRC check failed");
  const random = seededRandom(7);
  for (let i = 0; i < 200; i++) {
    const damaged = blob.slice();
    damaged[Math.floor(random() * damaged.length)]! ^= 1 << Math.floor(random() * 8);
    try {
      // Only a change of the unused bit of the header may go unreported.
      assertEquals((await decompress(damaged)).length, 50_000);
      assert((damaged[4]! ^ blob[4]!) === 0x10);
    } catch (error) {
      if (!(error instanceof ZstdError)) throw error;
    }
  }
});

Deno.test("decompressZstd() reports damage when it follows more output than a buffer holds", async () => {
  const content = new TextEncoder().encode("all work and no play ".repeat(100_000));
  const blob = await zstd(content, ["-1"]);
  const wrongSum = blob.slice();
  wrongSum[wrongSum.length - 1]! ^= 1;
  for (const pieceBytes of [1, 16, Infinity]) {
    await assertRejects(() => decompress(wrongSum, pieceBytes), ZstdError, "CRC check failed");
  }
  for (let at = 20; at < blob.length; at++) {
    const damaged = blob.slice();
    damaged[at]! ^= 0x11;
    await assertRejects(() => decompress(damaged), ZstdError);
  }
});

Deno.test("decompressZstd() refuses a frame with too large a window", async () => {
  const blob = concat(MAGIC, Uint8Array.of(0x00, (31 - 10) << 3, 1, 0, 0));
  await assertRejects(() => decompress(blob), ZstdError, "window size exceeded");
});

Deno.test("decompressZstd() stops and rethrows when write() throws", async () => {
  const blob = await zstd(new Uint8Array(10_000_000));
  let calls = 0;
  let isRead = false;
  const read = (into: Uint8Array) => {
    if (isRead) return null;
    isRead = true;
    into.set(blob);
    return blob.length;
  };
  const write = () => {
    calls++;
    throw new RangeError("full");
  };
  await assertRejects(() => decompressZstd(read, write), RangeError, "full");
  assertEquals(calls, 1);
});

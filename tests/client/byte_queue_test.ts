import { assert, assertEquals } from "@std/assert";
import { ByteQueue } from "../../lib/client/byte_queue.ts";
import { OutputStream } from "../../lib/client/output_stream.ts";
import { concat } from "../../lib/system/io.ts";
import { seededRandom } from "../helpers/random.ts";

Deno.test("ByteQueue.push() joins pieces when they are small", () => {
  const queue = new ByteQueue();
  for (let i = 0; i < 100_000; i++) queue.push(Uint8Array.of(i));
  assertEquals(queue.bytes, 100_000);
  assert(queue.pieces < 10, `${queue.pieces} pieces`);
});

Deno.test("ByteQueue returns every byte once and in order when pieces of random sizes are added and removed", () => {
  const random = seededRandom(1);
  const queue = new ByteQueue();
  const taken: Uint8Array[] = [];
  let next = 0;
  const below = (most: number) => Math.floor(random() * most);
  for (let i = 0; i < 3_000; i++) {
    const size = [below(3), below(300), below(40_000)][below(3)]!;
    queue.push(Uint8Array.from({ length: size }, () => next++));
    if (below(3) === 0) taken.push(queue.shift() ?? new Uint8Array(0));
    if (below(3) === 0) taken.push(queue.take(1 + below(60_000)));
  }
  while (queue.pieces > 0) taken.push(queue.take(1 << 16));
  const all = concat(taken);
  assertEquals([all.length, queue.bytes], [next, 0]);
  assert(all.every((byte, i) => byte === (i & 0xff)));
});

Deno.test("ByteQueue.take() returns as many bytes as requested, from one piece or from several", () => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array(20_000));
  queue.push(new Uint8Array(20_000));
  assertEquals([15_000, 5_000, 30_000, 9].map((most) => queue.take(most).length), [15_000, 5_000, 20_000, 0]);
});

Deno.test("OutputStream joins small pieces when the reader is slow", async () => {
  const stream = new OutputStream("hold");
  for (let i = 0; i < 100_000; i++) assertEquals(stream.push(Uint8Array.of(i)), undefined);
  stream.end();
  let chunks = 0;
  let bytes = 0;
  for await (const chunk of stream.readable) {
    chunks++;
    bytes += chunk.length;
    assertEquals(chunk.buffer.byteLength, chunk.length);
  }
  assertEquals(bytes, 100_000);
  assert(chunks < 10, `${chunks} chunks`);
});

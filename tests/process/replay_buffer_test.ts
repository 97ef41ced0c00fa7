import { assertEquals, assertThrows } from "@std/assert";
import { ReplayBuffer, type ReplayCursor } from "../../lib/process/replay_buffer.ts";
import { seededRandom } from "../helpers/random.ts";

/** Appends a frame of `size` bytes, each of the value `mark`. */
function append(buffer: ReplayBuffer, size: number, mark: number, slack = 0): void {
  buffer.append(size + slack, (target) => {
    target.fill(mark, 0, size);
    return size;
  });
}

/** Takes all bytes of a cursor. */
function takeAll(cursor: ReplayCursor): number[] {
  const bytes: number[] = [];
  for (let slice = cursor.take(); slice !== undefined; slice = cursor.take()) {
    bytes.push(...slice.bytes);
    slice.release();
  }
  return bytes;
}

Deno.test("ReplayBuffer is empty at first", () => {
  const buffer = new ReplayBuffer(10);
  assertEquals([buffer.firstSeq, buffer.lastSeq, buffer.bytes], [0, 0, 0]);
  const cursor = buffer.cursor(0);
  assertEquals(cursor.take(), undefined);
  assertEquals(cursor.lag, 0);
});

Deno.test("ReplayBuffer refuses a capacity that is not above 0", () => {
  assertThrows(() => new ReplayBuffer(0), RangeError);
  assertThrows(() => new ReplayBuffer(NaN), RangeError);
});

Deno.test("ReplayBuffer keeps all frames when they fill it exactly", () => {
  const buffer = new ReplayBuffer(10);
  append(buffer, 4, 1);
  append(buffer, 6, 2);
  assertEquals([buffer.firstSeq, buffer.lastSeq, buffer.bytes], [1, 2, 10]);
  assertEquals(takeAll(buffer.cursor(0)), [1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
});

Deno.test("ReplayBuffer drops the oldest whole frames when it is one byte too full", () => {
  const buffer = new ReplayBuffer(10);
  append(buffer, 4, 1);
  append(buffer, 6, 2);
  append(buffer, 1, 3);
  assertEquals([buffer.firstSeq, buffer.lastSeq, buffer.bytes], [2, 3, 7]);
  assertEquals(takeAll(buffer.cursor(0)), [2, 2, 2, 2, 2, 2, 3]);
});

Deno.test("ReplayBuffer keeps one frame even when it exceeds the capacity", () => {
  const buffer = new ReplayBuffer(10);
  append(buffer, 3, 1);
  append(buffer, 100_000, 2);
  assertEquals([buffer.firstSeq, buffer.lastSeq, buffer.bytes], [2, 2, 100_000]);
  append(buffer, 1, 3);
  assertEquals([buffer.firstSeq, buffer.lastSeq, buffer.bytes], [3, 3, 1]);
  assertEquals(takeAll(buffer.cursor(0)), [3]);
});

Deno.test("ReplayBuffer.cursor() starts after a frame, at the oldest frame, or at the end", () => {
  const buffer = new ReplayBuffer(3);
  for (let mark = 1; mark <= 5; mark++) append(buffer, 1, mark);
  assertEquals(buffer.firstSeq, 3);
  assertEquals(takeAll(buffer.cursor(0)), [3, 4, 5]);
  assertEquals(takeAll(buffer.cursor(3)), [4, 5]);
  assertEquals(takeAll(buffer.cursor(5)), []);
  const ahead = buffer.cursor(99);
  assertEquals(ahead.nextSeq, 6);
  append(buffer, 1, 6);
  assertEquals(takeAll(ahead), [6]);
});

Deno.test("ReplayBuffer.cursor() skips dropped frames", () => {
  const buffer = new ReplayBuffer(3);
  const cursor = buffer.cursor(0);
  for (let mark = 1; mark <= 9; mark++) append(buffer, 1, mark);
  assertEquals([cursor.nextSeq, cursor.lag], [7, 3]);
  assertEquals(takeAll(cursor), [7, 8, 9]);
});

Deno.test("ReplayBuffer does not change a slice in use when more frames follow", () => {
  const buffer = new ReplayBuffer(100_000);
  append(buffer, 50_000, 1);
  const slice = buffer.cursor(0).take()!;
  for (let i = 0; i < 50; i++) append(buffer, 50_000, 2);
  assertEquals(slice.bytes.every((byte) => byte === 1), true);
  slice.release();
});

Deno.test("ReplayBuffer.seal() keeps all frames", () => {
  const buffer = new ReplayBuffer(1000);
  append(buffer, 5, 1, 300);
  const cursor = buffer.cursor(0);
  buffer.seal();
  assertEquals(takeAll(cursor), [1, 1, 1, 1, 1]);
});

Deno.test("ReplayBuffer agrees with a simple model in many random runs", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = seededRandom(seed);
    const capacity = 1 + Math.floor(random() * 2_000);
    const buffer = new ReplayBuffer(capacity);
    let frames: { seq: number; size: number }[] = [];
    const readers = [{ cursor: buffer.cursor(0), next: 1 }];
    for (let seq = 1; seq <= 300; seq++) {
      const size = 1 + Math.floor(random() ** 4 * 3_000);
      append(buffer, size, seq % 251, Math.floor(random() * 40));
      frames.push({ seq, size });
      const held = () => frames.reduce((sum, frame) => sum + frame.size, 0);
      while (held() > capacity && frames.length > 1) frames = frames.slice(1);
      assertEquals([buffer.firstSeq, buffer.lastSeq, buffer.bytes], [frames[0]!.seq, seq, held()], `seed ${seed}`);
      if (random() < 0.05) readers.push({ cursor: buffer.cursor(seq - 3), next: Math.max(1, seq - 2) });
      for (const reader of readers) {
        if (random() < 0.7) continue;
        const expected = frames.filter((frame) => frame.seq >= reader.next);
        const marks = expected.flatMap((frame) => Array<number>(frame.size).fill(frame.seq % 251));
        assertEquals(takeAll(reader.cursor), marks, `seed ${seed}`);
        reader.next = seq + 1;
      }
    }
  }
});

Deno.test("ReplayBuffer.free() drops all frames and keeps the sequence number and slices in use", () => {
  const buffer = new ReplayBuffer(1 << 20);
  for (let i = 1; i <= 3; i++) append(buffer, 200_000, i);
  const [held, late] = [buffer.cursor(0), buffer.cursor(2)];
  const slice = held.take()!;
  buffer.free();
  assertEquals([buffer.bytes, buffer.firstSeq, buffer.lastSeq], [0, 0, 3]);
  assertEquals(slice.bytes[0], 1);
  slice.release();
  assertEquals([takeAll(held), takeAll(late), held.lag], [[], [], 0]);
  buffer.free();
  append(buffer, 2, 4);
  assertEquals([takeAll(held), takeAll(late), buffer.lastSeq], [[4, 4], [4, 4], 4]);
});

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { partHeader, PartJoiner, splitParts } from "../../../lib/hub/nats/parts.ts";

Deno.test("parts are joined in whatever order they come, once", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 50 }), fc.nat(), (data, size, turn) => {
      const parts = splitParts(data, size).map((part, index, all) =>
        [part, partHeader("k", index, all.length)] as const
      );
      const first = turn % parts.length;
      const joiner = new PartJoiner();
      const whole = [];
      for (const [part, header] of [...parts.slice(first), ...parts.slice(0, first)]) {
        const message = joiner.add(part, header, "a");
        if (message !== undefined) whole.push(message);
        // A double changes nothing, unless it is the first part of another message.
        if (message === undefined) assertEquals(joiner.add(part, header, "a"), undefined);
      }
      assertEquals(whole, [data]);
    }),
  );
});

Deno.test("a message without a header is whole, and a header that is none is no message", () => {
  const data = new Uint8Array([1]);
  const joiner = new PartJoiner();
  assertEquals(joiner.add(data, undefined, "a"), data);
  for (const header of ["k", "k 1", "k 0/2", "k 3/2", "k 1/0", "k x/y"]) {
    assertEquals(joiner.add(data, header, "a"), undefined);
  }
});

Deno.test("parts of different senders, and of messages with different counts, are never mixed", () => {
  const joiner = new PartJoiner();
  const [one, two] = [new Uint8Array([1]), new Uint8Array([2])];
  assertEquals(joiner.add(one, "k 1/2", "a"), undefined);
  assertEquals(joiner.add(two, "k 2/2", "b"), undefined);
  assertEquals(joiner.add(two, "k 2/3", "a"), undefined);
  assertEquals(joiner.add(two, "k 2/2", "a"), new Uint8Array([1, 2]));
});

Deno.test("of unfinished messages that are too much together, the oldest are forgotten", () => {
  const joiner = new PartJoiner(10);
  const half = new Uint8Array(6);
  joiner.add(half, "old 1/2", "a");
  joiner.add(half, "new 1/2", "a");
  assertEquals(joiner.add(half, "old 2/2", "a"), undefined);
  assertEquals(joiner.add(half, "new 2/2", "a")?.length, undefined);
});

Deno.test("unfinished messages whose parts are empty are forgotten, too", () => {
  const joiner = new PartJoiner(1 << 20);
  const [empty, data] = [new Uint8Array(), new Uint8Array([1])];
  joiner.add(empty, "old 1/2", "a");
  // Each has room for as many parts as a message may have.
  for (let i = 0; i < 20; i++) joiner.add(empty, `${i} 1/9999`, "a");
  assertEquals(joiner.add(data, "old 2/2", "a"), undefined);
  joiner.add(empty, "new 1/2", "a");
  assertEquals(joiner.add(data, "new 2/2", "a"), data);
});

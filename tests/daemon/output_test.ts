import { assert, assertEquals } from "@std/assert";
import { Output, type OutputOptions } from "../../lib/daemon/connection/output.ts";
import type { LargeReply } from "../../lib/rpc/dispatch.ts";
import { jsonPieces } from "../../lib/rpc/json_pieces.ts";
import { TextBytes } from "../../lib/rpc/raw_text.ts";
import type { FrameSource } from "../../lib/methods/context.ts";
import { soon } from "../helpers/wait.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Creates an output that writes into memory, and whose writes can be blocked or made to fail. */
function memoryOutput(options: Partial<OutputOptions> = {}) {
  const failures: string[] = [];
  const gate = { opened: Promise.withResolvers<void>(), isOpen: true };
  let text = "";
  let writes = 0;
  const output = new Output({
    pause: () => undefined,
    onFailure: (kind, error) => void failures.push(`${kind}: ${(error as Error).message}`),
    sink: {
      async write(bytes) {
        if (!gate.isOpen) await gate.opened.promise;
        // Every write takes only a part of the bytes.
        const taken = bytes.subarray(0, Math.max(1, bytes.length - 3));
        text += DECODER.decode(taken, { stream: true });
        writes++;
        return taken.length;
      },
    },
    ...options,
  });
  return {
    output,
    failures,
    written: () => text,
    writes: () => writes,
    block: () => void (gate.isOpen = false),
    open() {
      gate.isOpen = true;
      gate.opened.resolve();
    },
  };
}

/** Creates a large reply that counts how often it is released. */
function largeReply(value: object, size = 0) {
  let releases = 0;
  const reply: LargeReply = { pieces: jsonPieces(value, { tail: "\n" }), size, release: () => void releases++ };
  return { reply, releases: () => releases };
}

const bad = (length: number) => new TextBytes(new Uint8Array(length).fill(0xff));

Deno.test("Output.send() keeps the order of replies and sends each without interruption when small and large ones alternate", async () => {
  const { output, written, block, open } = memoryOutput();
  block();
  output.send("first\n");
  output.send("second\n");
  const large = [largeReply({ a: bad(100_000) }), largeReply({ b: bad(100_000) })];
  output.send(large[0]!.reply);
  output.send("third\n");
  output.send("fourth\n");
  output.send(large[1]!.reply);
  output.send("fifth\n");
  open();
  await soon("all to be written", output.finish());
  const lines = written().split("\n");
  assertEquals(lines.map((line) => line.slice(0, 6)), [
    "first",
    "second",
    '{"a":"',
    "third",
    "fourth",
    '{"b":"',
    "fifth",
    "",
  ]);
  assertEquals([lines[2]!.length, lines[5]!.length], [600_008, 600_008]);
  assertEquals(large.map(({ releases }) => releases()), [1, 1]);
});

Deno.test("Output.send() sends no stream frame before or within a large reply when one is queued", async () => {
  const { output, written } = memoryOutput();
  let frames = 5;
  const stream: FrameSource = {
    isReplaying: false,
    get isDone() {
      return frames === 0;
    },
    take: () => frames-- > 0 ? ENCODER.encode("frame\n") : undefined,
    release: () => {},
    close: () => {},
  };
  output.send("reply\n");
  output.attach(() => stream);
  output.send(largeReply({ a: bad(1_000_000) }).reply);
  while (frames > 0) await output.progress;
  await output.finish();
  const lines = written().split("\n");
  assertEquals(lines.map((line) => line.slice(0, 6)), [
    "reply",
    '{"a":"',
    "frame",
    "frame",
    "frame",
    "frame",
    "frame",
    "",
  ]);
  assertEquals(lines[1]!.length, 6_000_008);
});

Deno.test("Output.send() gives other connections a turn after each piece when a reply is large", async () => {
  const pauses: boolean[] = [];
  let writesBefore = 0;
  const { output, writes } = memoryOutput({
    pause: (hasWorked = false) => {
      pauses.push(hasWorked);
      writesBefore = writes();
      return new Promise((resolve) =>
        setTimeout(() => {
          assertEquals(writes(), writesBefore, "nothing is written while others have their turn");
          resolve();
        })
      );
    },
  });
  output.send(largeReply({ content: bad(4 << 20) }).reply);
  await soon("all to be written", output.finish());
  // At most 32 KiB of the file are encoded between two turns.
  assert(pauses.length >= 128, `${pauses.length} turns`);
  // The time between two turns is work, and does not count as a turn of other connections.
  assertEquals([pauses[0], new Set(pauses.slice(1))], [false, new Set([true])]);
});

Deno.test("Output.send() sends a large reply without a pause when it consists of a single piece", async () => {
  const { output, written } = memoryOutput({
    pause: () => {
      throw new Error("there is nothing to wait for");
    },
  });
  output.send(largeReply({ a: 1 }).reply);
  await output.finish();
  assertEquals(written(), '{"a":1}\n');
});

Deno.test("Output.isFull counts large replies, too, when they are queued or being written", async () => {
  const { output, block, open } = memoryOutput();
  block();
  const large = largeReply({ a: bad(10) }, 9 << 20);
  output.send(large.reply);
  assertEquals(output.isFull, true);
  open();
  await output.finish();
  assertEquals(output.isFull, false);
  output.send("x".repeat((8 << 20) + 1));
  assertEquals(output.isFull, true);
  await output.finish();
  assertEquals(output.isFull, false);
});

Deno.test("Output.close() releases large replies when they are queued or being written", async () => {
  const { output, written, block, open, failures } = memoryOutput();
  block();
  const large = [largeReply({ a: bad(100_000) }), largeReply({ b: 1 })];
  for (const { reply } of large) output.send(reply);
  output.close();
  const late = largeReply({ c: 1 });
  output.send(late.reply);
  open();
  await output.finish();
  await output.progress;
  assertEquals([...large, late].map(({ releases }) => releases()), [1, 1, 1]);
  assert(!written().includes("\n"), "no line was finished");
  assertEquals(failures, []);
});

Deno.test("Output.send() closes the output when producing a large reply fails", async () => {
  function* broken() {
    yield "fine";
    throw new Error("no more");
  }
  const { output, failures, written } = memoryOutput();
  const large = largeReply({ items: broken() });
  output.send(large.reply);
  output.send("after it\n");
  await output.finish();
  assertEquals([failures, large.releases(), written()], [["reply: no more"], 1, ""]);
});

Deno.test("Output.send() reports a large reply as one line, and only its beginning when it is very large", async () => {
  const told: { text: string; size: number | undefined }[] = [];
  const { output } = memoryOutput({ onWrite: (bytes, size) => void told.push({ text: DECODER.decode(bytes), size }) });
  output.send("small\n");
  output.send(largeReply({ a: bad(100_000) }).reply);
  output.send(largeReply({ a: bad(2 << 20) }).reply);
  await output.finish();
  assertEquals(told.map(({ text, size }) => [text.length, size]), [
    [6, undefined],
    [600_009, 600_009],
    [8 << 20, 9 + 6 * (2 << 20)],
  ]);
  assertEquals(told[1]!.text, `{"a":"${"\\ufffd".repeat(100_000)}"}\n`);
});

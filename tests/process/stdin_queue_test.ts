import { assertEquals, assertRejects } from "@std/assert";
import { StdinQueue } from "../../lib/process/stdin_queue.ts";
import { waitFor } from "../helpers/wait.ts";

/** A pipe whose reader takes a chunk only on request. */
function slowPipe() {
  const written: string[] = [];
  const taken: PromiseWithResolvers<void>[] = [];
  let isBroken = false;
  const sink = new WritableStream<Uint8Array>({
    async write(chunk) {
      const take = Promise.withResolvers<void>();
      taken.push(take);
      await take.promise;
      if (isBroken) throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
      written.push(new TextDecoder().decode(chunk));
    },
  });
  return {
    sink,
    written,
    /** Waits until the reader is offered a chunk. */
    offered: () => waitFor("a chunk", () => taken.length > 0),
    /** Lets the reader take the next chunk. */
    async take() {
      await this.offered();
      taken.shift()!.resolve();
    },
    breakOff() {
      isBroken = true;
    },
  };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const accepted = (applied: number, fresh: number, isDuplicate = false) => (
  { kind: "accepted", applied, fresh, isDuplicate } as const
);

Deno.test("StdinQueue accepts bytes at once and applies the offset rule", () => {
  const queue = new StdinQueue({ sink: slowPipe().sink });
  assertEquals(queue.write(bytes("abc")), accepted(3, 3));
  assertEquals(queue.write(bytes("d"), { offset: 3 }), accepted(4, 1));
  assertEquals(queue.write(bytes("abc"), { offset: 0 }), accepted(4, 0, true));
  assertEquals(queue.write(bytes("cdef"), { offset: 2 }), accepted(6, 2));
  assertEquals(queue.write(bytes("z"), { offset: 7 }), { kind: "gap" });
  assertEquals(queue.write(bytes(""), { offset: 6 }), accepted(6, 0));
  assertEquals(queue.write(bytes(""), { offset: 5 }), accepted(6, 0, true));
  assertEquals(queue.write(bytes("x"), { offset: 2 ** 64 }), { kind: "gap" });
  assertEquals(queue.applied, 6);
});

Deno.test("StdinQueue makes writes wait for room in order and calls onFull once", async () => {
  const pipe = slowPipe();
  let fullCount = 0;
  const queue = new StdinQueue({ sink: pipe.sink, maxBytes: 4, onFull: () => fullCount++ });
  assertEquals(queue.write(bytes("abc")), accepted(3, 3));
  const second = queue.write(bytes("de"));
  const third = queue.write(bytes("f"), { offset: 5 });
  assertEquals(second instanceof Promise && third instanceof Promise, true);
  await pipe.take();
  assertEquals(await second, accepted(5, 2));
  assertEquals(await third, accepted(6, 1));
  await pipe.take();
  await pipe.take();
  await waitFor("all chunks", () => pipe.written.length === 3);
  assertEquals(pipe.written, ["abc", "de", "f"]);
  assertEquals(fullCount, 1);
});

Deno.test("StdinQueue accepts any size when it is empty, and otherwise exactly up to its limit", async () => {
  const pipe = slowPipe();
  const queue = new StdinQueue({ sink: pipe.sink, maxBytes: 4 });
  assertEquals(queue.write(bytes("abcdefgh")), accepted(8, 8));
  const next = queue.write(bytes("i"));
  assertEquals(next instanceof Promise, true);
  await pipe.take();
  assertEquals(await next, accepted(9, 1));
  assertEquals(queue.write(bytes("jkl")), accepted(12, 3));
  assertEquals(queue.write(bytes("m")) instanceof Promise, true);
});

Deno.test("StdinQueue aborts only the waiting write whose signal is aborted", async () => {
  const pipe = slowPipe();
  const queue = new StdinQueue({ sink: pipe.sink, maxBytes: 2 });
  queue.write(bytes("ab"));
  const controller = new AbortController();
  const given = queue.write(bytes("cd"), { signal: controller.signal }) as Promise<unknown>;
  const kept = queue.write(bytes("ef"));
  controller.abort(new Error("client is gone"));
  await assertRejects(() => given, Error, "client is gone");
  await pipe.take();
  assertEquals(await kept, accepted(4, 2));
});

Deno.test("StdinQueue keeps accepting bytes when the pipe is broken and calls onWriteError once", async () => {
  const pipe = slowPipe();
  const failed = Promise.withResolvers<unknown>();
  const queue = new StdinQueue({ sink: pipe.sink, maxBytes: 4, onWriteError: failed.resolve });
  queue.write(bytes("abcd"));
  const waiting = queue.write(bytes("e"));
  pipe.breakOff();
  await pipe.take();
  assertEquals(await failed.promise instanceof Deno.errors.BrokenPipe, true);
  assertEquals(await waiting, accepted(5, 1));
  assertEquals(queue.write(bytes("x".repeat(100))), accepted(105, 100));
  assertEquals(pipe.written, []);
});

Deno.test("StdinQueue refuses writes when it is closed, including waiting ones", async () => {
  const pipe = slowPipe();
  const queue = new StdinQueue({ sink: pipe.sink, maxBytes: 2 });
  queue.write(bytes("ab"));
  const waiting = queue.write(bytes("c"));
  await pipe.offered();
  const closed = queue.close();
  assertEquals(await waiting, { kind: "closed" });
  assertEquals(queue.write(bytes("d")), { kind: "closed" });
  await pipe.take();
  await closed;
});

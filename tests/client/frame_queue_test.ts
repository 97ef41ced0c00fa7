import { assert } from "@std/assert";
import { FrameQueue } from "../../lib/client/frame_queue.ts";
import { soon } from "../helpers/wait.ts";

Deno.test("FrameQueue.push() does not wait when the reader has stopped early", async () => {
  const queue = new FrameQueue();
  const frame = (seq: number) => ({ stream: "stdout" as const, seq, data: new Uint8Array(1) });
  let room: void | Promise<void> = undefined;
  let seq = 1;
  while (room === undefined) room = queue.push(frame(seq++));
  for await (const { seq } of queue) {
    assert(seq === 1);
    break;
  }
  await soon("room in the queue", room, 5_000);
  while (seq < 1_000) assert(queue.push(frame(seq++)) === undefined);
});

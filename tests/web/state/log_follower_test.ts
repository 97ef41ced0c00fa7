import { assertEquals } from "@std/assert";
import type { InstanceLog } from "../../../lib/remote/types.ts";
import { LogFollower } from "../../../lib/web/state/log_follower.ts";

/** A log that grows when a test says so. */
class TestLog {
  text = "";
  listener: ((log: InstanceLog) => void) | undefined;
  readonly frames: (() => void)[] = [];

  /** What follows it. */
  readonly follower: LogFollower = new LogFollower({
    read: ({ offset = Math.max(0, this.text.length - 10), bytes }) => Promise.resolve(this.part(offset, bytes)),
    listen: (listener) => {
      this.listener = listener;
      return () => this.listener = undefined;
    },
    inNextFrame: (work) => void this.frames.push(work),
  });

  part(offset: number, bytes: number): InstanceLog {
    const text = this.text.slice(offset, offset + bytes);
    return { text, offset, end: offset + text.length };
  }

  /** Adds text, and tells of it. */
  add(text: string): void {
    const offset = this.text.length;
    this.text += text;
    this.listener?.(this.part(offset, text.length));
  }

  /** Draws a frame, and lets what it reads arrive. */
  async draw(): Promise<void> {
    for (const work of this.frames.splice(0)) work();
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }

  get shown(): string {
    return this.follower.tail.value?.pieces.map(({ text }) => text).join("") ?? "";
  }
}

/** Returns a log that is being followed. */
async function followed(text: string): Promise<TestLog> {
  const log = new TestLog();
  log.text = text;
  log.follower.start();
  await log.draw();
  return log;
}

Deno.test("a follower shows the end of a log, and what is added", async () => {
  const log = await followed("0123456789abcdef");
  assertEquals(log.shown, "6789abcdef");
  log.add("g");
  log.add("h");
  await log.draw();
  assertEquals(log.shown, "6789abcdefgh");
});

Deno.test("a follower reads again when lines were missed", async () => {
  const log = await followed("start ");
  log.text += "was missed ";
  log.add("last");
  await log.draw();
  assertEquals(log.shown, log.text.slice(-10));
});

Deno.test("a paused follower holds still, tells how much there is, and goes to the end again", async () => {
  const log = await followed("one ");
  log.follower.pause();
  log.add("two ");
  await log.draw();
  assertEquals([log.shown, log.follower.behind.value], ["one ", 4]);
  await log.follower.follow();
  assertEquals([log.shown, log.follower.behind.value, log.follower.isPaused.value], ["one two ", 0, false]);
});

Deno.test("a follower shows older lines, and holds still then", async () => {
  const log = await followed("0123456789abcdef");
  await log.follower.loadOlder();
  assertEquals([log.shown, log.follower.isPaused.value], ["0123456789abcdef", true]);
});

Deno.test("what is added while the end is read is neither lost nor shown twice", async () => {
  const log = new TestLog();
  log.text = "one ";
  log.follower.start();
  log.add("two ");
  await log.draw();
  await log.draw();
  assertEquals(log.shown, "one two ");
});

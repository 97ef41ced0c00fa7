import { assert, assertEquals } from "@std/assert";
import type { SessionEvent } from "../../../lib/sessions/types.ts";
import { ConversationFeed, type EventSource } from "../../../lib/web/state/conversation_feed.ts";
import { EventMaker } from "../helpers/events.ts";

/** A session whose events and frames are in the hands of the test. */
class TestSource implements EventSource {
  readonly maker = new EventMaker();
  /** What was asked for. */
  readonly requests: Parameters<EventSource["events"]>[0][] = [];
  text = "";
  /** Replies wait for this. */
  gate: Promise<void> = Promise.resolve();
  failure: Error | undefined;
  #listener: Parameters<EventSource["listen"]>[0] | undefined;
  #frame: (() => void) | undefined;

  async events(params: Parameters<EventSource["events"]>[0]): Promise<readonly SessionEvent[]> {
    this.requests.push(params);
    const { before = Infinity, after = 0, limit } = params;
    const found = this.maker.events.filter(({ id }) => id > after && id < before);
    const page = params.before === undefined ? found.slice(0, limit) : found.slice(-limit);
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    return page;
  }

  listen(listener: Parameters<EventSource["listen"]>[0]): () => void {
    this.#listener = listener;
    return () => this.#listener = undefined;
  }

  answer(): { text: string; thinking: string } {
    return { text: this.text, thinking: "" };
  }

  lastEvent(): number {
    return this.maker.events.at(-1)?.id ?? 0;
  }

  inNextFrame(work: () => void): void {
    this.#frame = work;
  }

  /** The agent says texts, and the page hears of them or not. */
  say(count: number, { isHeard = true } = {}): void {
    for (let i = 0; i < count; i++) {
      const event = this.maker.says(`${this.maker.events.length + 1}`);
      if (isHeard) this.#listener?.onEvent(event);
    }
  }

  hear(event: SessionEvent): void {
    this.#listener?.onEvent(event);
  }

  change(): void {
    this.#listener?.onChange();
  }

  connectAnew(): void {
    this.#listener?.onSnapshot();
  }

  /** Draws a frame. */
  frame(): void {
    const work = this.#frame;
    this.#frame = undefined;
    work?.();
  }

  get isHeard(): boolean {
    return this.#listener !== undefined;
  }
}

function idsOf(feed: ConversationFeed): number[] {
  return feed.conversation.entries.map(({ event }) => event);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Lets everything happen that is not held back. */
async function settle(source: TestSource): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await Promise.resolve();
    source.frame();
  }
}

Deno.test("ConversationFeed loads the newest events, then adds those that happen, in one frame", async () => {
  const source = new TestSource();
  source.say(500);
  const feed = new ConversationFeed(source);
  await feed.start();
  assertEquals(idsOf(feed), range(301, 500));
  assert(feed.hasOlder.value);
  source.say(3);
  assertEquals(idsOf(feed), range(301, 500));
  source.frame();
  assertEquals(idsOf(feed), range(301, 503));
});

Deno.test("ConversationFeed has no hole and no double when events happen while it loads", async () => {
  const source = new TestSource();
  source.say(10);
  const { promise, resolve } = Promise.withResolvers<void>();
  source.gate = promise;
  const feed = new ConversationFeed(source);
  const started = feed.start();
  source.say(5); // after the page was read, before it arrives
  source.hear(source.maker.events[8]!); // in the page too
  source.frame();
  resolve();
  await started;
  await settle(source);
  assertEquals(idsOf(feed), range(1, 15));
});

Deno.test("ConversationFeed loads what is missing between what it has and what it hears", async () => {
  const source = new TestSource();
  source.say(10);
  const feed = new ConversationFeed(source);
  await feed.start();
  source.say(300, { isHeard: false });
  source.say(1);
  await settle(source);
  assertEquals(idsOf(feed), range(1, 311));
});

Deno.test("ConversationFeed loads what happened while the connection was lost", async () => {
  const source = new TestSource();
  source.say(10);
  const feed = new ConversationFeed(source);
  await feed.start();
  source.say(5, { isHeard: false });
  source.connectAnew();
  source.say(2);
  await settle(source);
  assertEquals(idsOf(feed), range(1, 17));
});

Deno.test("ConversationFeed asks once for what is missing while the hub cannot be reached, and again later", async () => {
  const source = new TestSource();
  source.say(5);
  const feed = new ConversationFeed(source);
  await feed.start();
  source.say(1, { isHeard: false });
  source.failure = new Error("The hub cannot be reached");
  source.say(1);
  await settle(source);
  assertEquals(source.requests.length, 2);
  source.failure = undefined;
  source.connectAnew();
  await settle(source);
  assertEquals(idsOf(feed), range(1, 7));
});

Deno.test("ConversationFeed loads older pages one at a time, up to the first event", async () => {
  const source = new TestSource();
  source.say(450);
  const feed = new ConversationFeed(source);
  await feed.start();
  await Promise.all([feed.loadOlder(), feed.loadOlder()]);
  assertEquals(idsOf(feed), range(51, 450));
  await feed.loadOlder();
  assertEquals(idsOf(feed), range(1, 450));
  assertEquals(feed.hasOlder.value, false);
  const { length } = source.requests;
  await feed.loadOlder();
  assertEquals(source.requests.length, length);
});

Deno.test("ConversationFeed opens around an event, counts what it does not show, and comes to the present", async () => {
  const source = new TestSource();
  source.say(1_000);
  const feed = new ConversationFeed(source);
  await feed.start(500);
  assertEquals(idsOf(feed), range(401, 600));
  assertEquals(feed.isAtPresent.value, false);
  source.say(3);
  source.frame();
  assertEquals([feed.happened.value, idsOf(feed).at(-1)], [3, 600]);
  for (let i = 0; i < 3; i++) {
    await feed.loadNewer();
    await settle(source);
  }
  assert(feed.isAtPresent.value);
  assertEquals(idsOf(feed), range(401, 1_003));
  source.say(1);
  source.frame();
  assertEquals(idsOf(feed).at(-1), 1_004);
});

Deno.test("ConversationFeed jumps from an event to the newest ones", async () => {
  const source = new TestSource();
  source.say(1_000);
  const feed = new ConversationFeed(source);
  await feed.start(100);
  await feed.showNewest();
  assertEquals(idsOf(feed), range(801, 1_000));
  assertEquals([feed.isAtPresent.value, feed.hasOlder.value], [true, true]);
});

Deno.test("ConversationFeed loses nothing that happens while it jumps to the newest events", async () => {
  const source = new TestSource();
  source.say(1_000);
  const feed = new ConversationFeed(source);
  await feed.start(100);
  const { promise, resolve } = Promise.withResolvers<void>();
  source.gate = promise;
  const jumped = feed.showNewest();
  source.say(2);
  source.frame();
  resolve();
  await jumped;
  await settle(source);
  assertEquals(idsOf(feed).slice(-3), [1_000, 1_001, 1_002]);
});

Deno.test("ConversationFeed does not load anew for an event that it shows", async () => {
  const source = new TestSource();
  source.say(100);
  const feed = new ConversationFeed(source);
  await feed.start();
  await feed.showEvent(50);
  assertEquals(source.requests.length, 1);
});

Deno.test("ConversationFeed keeps within its bounds while events stream, however long", async () => {
  const source = new TestSource();
  const feed = new ConversationFeed(source);
  await feed.start();
  for (let i = 0; i < 100; i++) {
    source.hear(source.maker.says("x".repeat(400_000)));
    source.frame();
    await settle(source);
  }
  assert(feed.conversation.weight < 13 << 20, `${feed.conversation.weight}`);
  assertEquals([idsOf(feed).at(-1), feed.hasOlder.value, feed.isAtPresent.value], [100, true, true]);
});

Deno.test("ConversationFeed leaves the present when somebody reads far above, and counts", async () => {
  const source = new TestSource();
  const feed = new ConversationFeed(source, () => "newest");
  await feed.start();
  for (let i = 0; i < 60; i++) {
    source.hear(source.maker.says("x".repeat(400_000)));
    source.frame();
    await settle(source);
  }
  assertEquals([idsOf(feed)[0], feed.isAtPresent.value], [1, false]);
  assertEquals(feed.happened.value, 60);
});

Deno.test("ConversationFeed says why it could not load, and loads once the connection is back", async () => {
  const source = new TestSource();
  source.say(3);
  source.failure = new Error("The hub cannot be reached");
  const feed = new ConversationFeed(source);
  await feed.start();
  assertEquals([feed.phase.value, feed.problem.value], ["failed", "The hub cannot be reached"]);
  source.failure = undefined;
  source.connectAnew();
  await settle(source);
  assertEquals([feed.phase.value, idsOf(feed)], ["ready", [1, 2, 3]]);
});

Deno.test("ConversationFeed shows the answer in progress once a frame", async () => {
  const source = new TestSource();
  const feed = new ConversationFeed(source);
  await feed.start();
  source.text = "one";
  source.change();
  source.text = "one two";
  source.change();
  assertEquals(feed.answer.value.text, "");
  source.frame();
  assertEquals(feed.answer.value.text, "one two");
});

Deno.test("ConversationFeed hears nothing any more once it has ended", async () => {
  const source = new TestSource();
  const feed = new ConversationFeed(source);
  await feed.start();
  feed.stop();
  assertEquals(source.isHeard, false);
});

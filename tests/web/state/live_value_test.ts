import { assertEquals } from "@std/assert";
import { signal } from "@preact/signals";
import type { CloneJob } from "../../../lib/projects/types.ts";
import { HubProblem } from "../../../lib/web/api/client.ts";
import type { Connection } from "../../../lib/web/state/hub_state.ts";
import { clonesAfter } from "../../../lib/web/state/live_lists.ts";
import { LiveValue, type LiveValueOptions } from "../../../lib/web/state/live_value.ts";
import { TopicWatch } from "../../../lib/web/state/topic_watch.ts";
import { cloneJob } from "../helpers/notices.ts";

type Jobs = readonly CloneJob[];

/** A list of clones that stays current. */
function liveClones(read: () => Promise<Jobs>, more: Partial<LiveValueOptions<Jobs>> = {}) {
  const watched: (readonly string[])[] = [];
  const hub = {
    connection: signal<Connection>("connected"),
    topics: new TopicWatch((topics) => void watched.push(topics)),
  };
  const live = new LiveValue<Jobs>({ hub, topics: ["clones"], read, take: clonesAfter, ...more });
  const tell = (job: CloneJob) => hub.topics.take({ type: "notice", topic: "clones", job });
  const shown = () => live.value.value?.map(({ id, percent }) => `${id} ${percent}`);
  return { hub, live, watched, tell, shown };
}

/** Lets what was read arrive. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

Deno.test("a live value is read, and takes in what is told of it", async () => {
  const { live, watched, tell, shown } = liveClones(() => Promise.resolve([cloneJob("a", 1)]));
  const close = live.open();
  await settle();
  tell(cloneJob("a", 2));
  tell(cloneJob("b", 3));
  assertEquals([shown(), watched], [["b 3", "a 2"], [["clones"]]]);
  close();
  await settle();
  assertEquals(watched.at(-1), []);
});

Deno.test("what is told of a live value while it is read is not lost", async () => {
  const { promise, resolve } = Promise.withResolvers<Jobs>();
  const { live, tell, shown } = liveClones(() => promise);
  live.open();
  tell(cloneJob("a", 50));
  resolve([cloneJob("a", 10)]);
  await settle();
  assertEquals(shown(), ["a 50"]);
});

Deno.test("a live value is read again after a lost connection, and shows what it knew until then", async () => {
  let reads = 0;
  const { hub, live, shown } = liveClones(() => Promise.resolve([cloneJob("a", ++reads)]));
  live.open();
  await settle();
  hub.connection.value = "lost";
  await settle();
  assertEquals(shown(), ["a 1"]);
  hub.connection.value = "connected";
  await settle();
  assertEquals(shown(), ["a 2"]);
});

Deno.test("a live value that several use is read once, and watched until the last one is done", async () => {
  let reads = 0;
  const { live, watched } = liveClones(() => Promise.resolve([cloneJob("a", ++reads)]));
  const closes = [live.open(), live.open()];
  await settle();
  closes[0]!();
  closes[0]!();
  await settle();
  assertEquals([reads, watched], [1, [["clones"]]]);
  closes[1]!();
  await settle();
  assertEquals(watched, [["clones"], []]);
});

Deno.test("what costs something is watched only while somebody looks", async () => {
  const isLooking = signal(true);
  let reads = 0;
  const { live, watched } = liveClones(() => Promise.resolve([cloneJob("a", ++reads)]), { isLooking });
  live.open();
  await settle();
  isLooking.value = false;
  await settle();
  isLooking.value = true;
  await settle();
  assertEquals([reads, watched], [2, [["clones"], [], ["clones"]]]);
});

Deno.test("a live value says why it cannot be read, and forgets that when it can", async () => {
  let fails = true;
  const { live, shown } = liveClones(() =>
    fails ? Promise.reject(new HubProblem(503, "the daemon is away")) : Promise.resolve([cloneJob("a", 1)])
  );
  live.open();
  await settle();
  assertEquals(live.problem.value, "the daemon is away");
  fails = false;
  await live.reload();
  assertEquals([live.problem.value, shown()], [undefined, ["a 1"]]);
});

Deno.test("a notice that does not say enough has the value read again, once more however many come", async () => {
  let reads = 0;
  const { live, tell } = liveClones(() => Promise.resolve([cloneJob("a", ++reads)]), { take: () => undefined });
  live.open();
  await settle();
  for (let i = 0; i < 5; i++) tell(cloneJob("a", i));
  await settle();
  await settle();
  assertEquals(reads, 3);
});

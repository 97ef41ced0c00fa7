import { assertEquals, assertRejects } from "@std/assert";
import { Outbox, type OutgoingEvent } from "../../../lib/hub/nats/outbox.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { waitFor } from "../../helpers/wait.ts";

/** An outbox whose acknowledgements the test gives. */
function outboxOf(sessions: MemorySessions, cursor = 0) {
  const sent: OutgoingEvent[] = [];
  const answers: PromiseWithResolvers<void>[] = [];
  const stored: number[] = [];
  const outbox = new Outbox({
    host: "far",
    hub: "h",
    eventsAfter: (after, limit) => sessions.eventsAfter(after, { limit }),
    cursor,
    store: (id) => void stored.push(id),
    publish(message) {
      sent.push(message);
      const answer = Promise.withResolvers<void>();
      answers.push(answer);
      return answer.promise;
    },
    clock: systemClock,
  });
  const ending = new AbortController();
  const running = outbox.run(ending.signal);
  return {
    ...{ outbox, sent, answers, stored, running },
    async end() {
      ending.abort();
      await running;
    },
  };
}

function withEvents(count: number): MemorySessions {
  const sessions = new MemorySessions();
  for (let i = 0; i < count; i++) sessions.store("s.1", { i });
  return sessions;
}

Deno.test("an outbox publishes what there is in order, and what comes when it is woken", async () => {
  const sessions = withEvents(2);
  const { outbox, sent, answers, stored, end } = outboxOf(sessions);
  await waitFor("two messages", () => sent.length === 2);
  sessions.store("s.1");
  outbox.wake();
  await waitFor("the third message", () => sent.length === 3);
  assertEquals(sent.map(({ id }) => id), ["far.h.1", "far.h.2", "far.h.3"]);
  assertEquals(new Set(sent.map(({ subject }) => subject)), new Set(["claustrum.far.event.s=2e1"]));
  for (const { resolve } of answers) resolve();
  await waitFor("the acknowledgements", () => outbox.acknowledged === 3);
  await end();
  assertEquals(stored.at(-1), 3);
});

Deno.test("an outbox begins after its cursor", async () => {
  const { sent, end } = outboxOf(withEvents(5), 3);
  await waitFor("two messages", () => sent.length === 2);
  assertEquals(sent.map(({ id }) => id), ["far.h.4", "far.h.5"]);
  await end();
});

Deno.test("at most 256 messages are under way", async () => {
  const { sent, answers, end } = outboxOf(withEvents(1_000));
  await waitFor("the first messages", () => sent.length >= 256);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(sent.length, 256);
  for (const { resolve } of answers.slice(0, 10)) resolve();
  await waitFor("ten more", () => sent.length === 266);
  for (let next = 0; next < 1_000; next++) {
    await waitFor("a message", () => answers.length > next);
    answers[next]!.resolve();
  }
  assertEquals(sent.map(({ id }) => id).at(-1), "far.h.1000");
  await end();
});

Deno.test("the cursor moves behind the first event that is not acknowledged, and no further", async () => {
  const { outbox, sent, answers, running } = outboxOf(withEvents(3));
  await waitFor("the messages", () => sent.length === 3);
  answers[2]!.resolve();
  answers[0]!.resolve();
  await waitFor("the first", () => outbox.acknowledged === 1);
  answers[1]!.reject(new Error("no answer in time"));
  await assertRejects(() => running, Error, "no answer in time");
  assertEquals(outbox.acknowledged, 1);
});

Deno.test("a large event goes in parts, and one that is too large as its size", async () => {
  const sessions = new MemorySessions();
  sessions.store("s", "x".repeat(500 << 10));
  sessions.store("s", "x".repeat(17 << 20));
  const { sent, end } = outboxOf(sessions);
  await waitFor("the parts", () => sent.length === 4);
  assertEquals(sent.map(({ id, part }) => [id, part]), [
    ["far.h.1.0", "1 1/3"],
    ["far.h.1.1", "1 2/3"],
    ["far.h.1.2", "1 3/3"],
    ["far.h.2", undefined],
  ]);
  assertEquals(JSON.parse(new TextDecoder().decode(sent[3]!.data)).payload, { truncated: (17 << 20) + 2 });
  await end();
});

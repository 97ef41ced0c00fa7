/**
 * Many hosts that publish events through their outboxes, in one process; see `main.ts`.
 *
 * @module
 */

import { jetstream, type JetStreamClient } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { connectNats } from "../../lib/hub/nats/nats_transport.ts";
import { Outbox } from "../../lib/hub/nats/outbox.ts";
import { PART_HEADER } from "../../lib/hub/nats/parts.ts";
import type { SessionEvent } from "../../lib/sessions/types.ts";
import { systemClock } from "../../lib/system/clock.ts";

const [ports = "", ...numbers] = Deno.args;
const servers = ports.split(",").map((port) => `127.0.0.1:${port}`);
const [hosts = 0, rate = 0, seconds = 0, burst = 0] = numbers.map(Number);
/** How often a host makes events, in milliseconds. */
const TICK_MS = 1_000 / rate;
const TEXT = "x".repeat(100);

interface Host {
  readonly name: string;
  readonly events: SessionEvent[];
  acknowledged: number;
  outbox: Outbox | undefined;
}

let connection: NatsConnection | undefined;
let connecting: Promise<void> | undefined;
let hasAll = 0;
let stream: JetStreamClient | undefined;
let [lastAnswer, longest] = [performance.now(), 0];
const all = Array.from({ length: hosts }, (_, index): Host => ({
  name: `host-${index}`,
  events: [],
  acknowledged: 0,
  outbox: undefined,
}));

await connectOnce(0);
const orders = Deno.stdin.readable.getReader();
await orders.read();
lastAnswer = performance.now();
const isOver = Promise.withResolvers<void>();
const ending = new AbortController();
const running = all.map(keepPublishing);
if (burst > 0) {
  for (const host of all) for (let i = 0; i < burst; i++) add(host);
  for (const { outbox } of all) outbox?.wake();
} else {
  for (const host of all) void produce(host);
}
await isOver.promise;
ending.abort();
await Promise.all(running);
await connection?.close();
// Until it may end, others can read how much of the processor it has taken.
while (!(await orders.read()).done);
console.log(longest);

async function produce(host: Host): Promise<void> {
  // Hosts do not tick at the same time.
  await wait(Math.random() * TICK_MS);
  const start = performance.now();
  for (let n = 1; n <= rate * seconds; n++) {
    add(host);
    host.outbox?.wake();
    await wait(Math.max(0, start + n * TICK_MS - performance.now()));
  }
}

function add({ events }: Host): void {
  const id = events.length + 1;
  const payload = { text: TEXT, at_ms: performance.timeOrigin + performance.now() };
  events.push({ id, session: "s", seq: id, at: "2026-01-01T00:00:00.000Z", type: "assistant", payload });
}

async function keepPublishing(host: Host): Promise<void> {
  while (!ending.signal.aborted) {
    const outbox = new Outbox({
      host: host.name,
      hub: "",
      eventsAfter: (after, limit) => host.events.slice(after, after + limit),
      cursor: host.acknowledged,
      store: (cursor) => void (host.acknowledged = cursor),
      async publish({ subject, data, id, part }) {
        const fields = headers();
        if (part !== undefined) fields.set(PART_HEADER, part);
        await stream!.publish(subject, data, {
          msgID: id,
          timeout: 2_000,
          ...(part === undefined ? {} : { headers: fields }),
        });
        const now = performance.now();
        longest = Math.max(longest, now - lastAnswer);
        lastAnswer = now;
        queueMicrotask(() => noteEnd());
      },
      clock: systemClock,
    });
    host.outbox = outbox;
    try {
      await outbox.run(ending.signal);
    } catch {
      await connectOnce(1);
    }
  }
}

function noteEnd(): void {
  const expected = burst > 0 ? burst : rate * seconds;
  if (++hasAll < hosts * expected) return;
  if (all.every(({ outbox }) => (outbox?.acknowledged ?? 0) >= expected)) isOver.resolve();
  else setTimeout(noteEnd, 50);
}

async function connectOnce(pause: number): Promise<void> {
  connecting ??= (async () => {
    if (pause > 0) await wait(300);
    for (let turn = 0; connection === undefined || connection.isClosed(); turn++) {
      try {
        connection = await connectNats({ servers: servers[turn % servers.length]!, reconnect: false, timeout: 2_000 });
        stream = jetstream(connection);
      } catch (error) {
        if (turn === 100) throw error;
        await wait(200);
      }
    }
  })();
  await connecting;
  connecting = undefined;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

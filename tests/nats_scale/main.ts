/**
 * Measures hubs in NATS: hosts that publish at a steady rate and one that reads them all, how long it takes to catch up,
 * and what a cluster does whose leader is killed.
 *
 *     deno task nats-scale [--hosts 200] [--rate 20] [--seconds 60] [--events 100000]
 *
 * The hosts run in a process of their own, as they would on other machines; all are on this one, so that the figures are
 * the worse for it.
 *
 * @module
 */

import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { parseArgs } from "@std/cli/parse-args";
import { readEvents } from "../../lib/hub/nats/event_reader.ts";
import { connectNats } from "../../lib/hub/nats/nats_transport.ts";
import { ensureStorage } from "../../lib/hub/nats/stream_setup.ts";
import { ALL_EVENTS } from "../../lib/hub/nats/subjects.ts";
import type { SessionEvent } from "../../lib/sessions/types.ts";
import { freePort, type NatsServer, startNatsServer } from "../helpers/nats_server.ts";

const STREAM = "claustrum";
const TICKS_PER_SECOND = Number((await run("getconf", "CLK_TCK")).trim());

const flags = parseArgs(Deno.args, {
  string: ["hosts", "rate", "seconds", "events"],
  default: { hosts: "200", rate: "20", seconds: "60", events: "100000" },
});
const [hosts, rate, seconds, events] = [flags.hosts, flags.rate, flags.seconds, flags.events].map(Number) as [
  number,
  number,
  number,
  number,
];

let hasFailed = false;
await steady();
await catchUp();
if (seconds > 0) await cluster();
Deno.exit(hasFailed ? 1 : 0);

/** Many hosts publish at a steady rate, and one reads them all. */
async function steady(): Promise<void> {
  await using server = await startNatsServer();
  await using reader = await open(server);
  const publisher = publish([server], hosts, rate, seconds);
  const expected = hosts * rate * seconds;
  const lags: number[] = [];
  const next = new Map<string, number>();
  let [disorder, seen] = [0, 0];
  const { promise: all, resolve } = Promise.withResolvers<void>();
  await using _reading = await readEvents(reader.stream, { stream: STREAM, subject: ALL_EVENTS }, (event, host) => {
    lags.push(performance.timeOrigin + performance.now() - sentAt(event));
    if (event.id !== (next.get(host) ?? 1)) disorder++;
    next.set(host, event.id + 1);
    if (++seen === expected) resolve();
  });
  const [cpu, serverCpu, start] = [cpuOf(Deno.pid), cpuOf(server.pid), performance.now()];
  publisher.begin();
  await Promise.race([all, wait((seconds + 30) * 1_000)]);
  const took = (performance.now() - start) / 1_000;
  const used = (100 * (cpuOf(Deno.pid) - cpu)) / took;
  const serverUsed = (100 * (cpuOf(server.pid) - serverCpu)) / took;
  await publisher.ended;
  lags.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((part) => lags[Math.floor(lags.length * part)] ?? Infinity) as [number, number];
  print(`${hosts} hosts × ${rate} events/s for ${seconds} s: ${seen} of ${expected} events, ${disorder} out of order`);
  print(`  lag p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (limit 20)`);
  print(`  reader ${used.toFixed(1)} % of a core (limit 10), server ${serverUsed.toFixed(1)} %`);
  judge(seen === expected && disorder === 0 && p99 < 20 && used < 10);
}

/** One reads many events that are there already. */
async function catchUp(): Promise<void> {
  await using server = await startNatsServer();
  await using reader = await open(server);
  const publisher = publish([server], 1, 0, 0, events);
  publisher.begin();
  await publisher.ended;
  const start = performance.now();
  let seen = 0;
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const options = { stream: STREAM, subject: ALL_EVENTS, isFromStart: true };
  await using _reading = await readEvents(reader.stream, options, () => {
    if (++seen === events) resolve();
  });
  await Promise.race([all, wait(60_000)]);
  const took = performance.now() - start;
  print(`${seen} of ${events} events caught up in ${took.toFixed(0)} ms (limit 1000)`);
  judge(seen === events && took < 1_000);
}

/** The leader of the stream is killed in a cluster of three. */
async function cluster(): Promise<void> {
  const routes = [freePort(), freePort(), freePort()];
  await using stack = new AsyncDisposableStack();
  const servers: NatsServer[] = [];
  // A member is ready only when there are others.
  await Promise.all(routes.map(async (port, index) => {
    servers[index] = stack.use(await startNatsServer({ cluster: { name: `n${index}`, port, routes } }));
  }));
  const reader = await retried(() => open(servers[0]!));
  const manager = await jetstreamManager(reader.connection);
  const leader = Number((await manager.streams.info(STREAM)).cluster?.leader?.slice(1));
  await reader[Symbol.asyncDispose]();
  const others = servers.filter((_, index) => index !== leader);
  const [perHost, count] = [1_000, 10];
  const publisher = publish(others, count, 100, perHost / 100);
  publisher.begin();
  await wait(3_000);
  await servers[leader]!.kill();
  const killed = performance.now();
  await publisher.ended;
  const away = publisher.longestPause();
  const last = await retried(() => open(others[0]!));
  const ids = new Set<string>();
  const options = { stream: STREAM, subject: ALL_EVENTS, isFromStart: true };
  const reading = await readEvents(last.stream, options, (event, host) => void ids.add(`${host}.${event.id}`));
  const end = performance.now() + 30_000;
  while (ids.size < perHost * count && performance.now() < end) await wait(50);
  await reading[Symbol.asyncDispose]();
  await last[Symbol.asyncDispose]();
  print(
    `cluster of three, leader killed: ${ids.size} of ${perHost * count} events, ` +
      `nothing acknowledged for ${(away / 1_000).toFixed(1)} s, all there ${
        ((performance.now() - killed) / 1_000).toFixed(1)
      } s after the kill`,
  );
  judge(ids.size === perHost * count);
}

/** A connection with the stream, which is made if it is not there. */
async function open(server: NatsServer) {
  const connection = await connectNats({ servers: `127.0.0.1:${server.port}`, reconnect: false });
  try {
    await ensureStorage(connection, STREAM);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return {
    connection,
    stream: jetstream(connection),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

/** Publishes in a process of its own, which waits for the word to begin and says how long nothing was acknowledged. */
function publish(servers: readonly NatsServer[], count: number, perSecond: number, duration: number, burst = 0) {
  const program = new URL("publisher.ts", import.meta.url).pathname;
  const numbers = [count, perSecond, duration, burst].map(String);
  const ports = servers.map(({ port }) => port).join(",");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", program, ports, ...numbers],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let pause = 0;
  const ended = (async () => {
    pause = Number(await new Response(child.stdout).text());
    const { code } = await child.status;
    if (code !== 0) throw new Error(`the publisher failed: ${code}`);
  })();
  return { begin: () => void child.stdin.close(), ended, longestPause: () => pause };
}

function sentAt({ payload }: SessionEvent): number {
  return Number((payload as { readonly at_ms?: unknown }).at_ms);
}

/** The processor time of a process, in seconds. */
function cpuOf(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let turn = 0;; turn++) {
    try {
      return await work();
    } catch (error) {
      if (turn === 100) throw error;
      await wait(300);
    }
  }
}

async function run(program: string, ...args: string[]): Promise<string> {
  return new TextDecoder().decode((await new Deno.Command(program, { args }).output()).stdout);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function judge(isGood: boolean): void {
  if (!isGood) hasFailed = true;
  print(isGood ? "  ok" : "  FAILED");
}

function print(text: string): void {
  console.log(text);
}

/**
 * How hubs do in NATS: hosts that publish at a steady rate and those that read them all, how long it takes to catch up, and
 * what a cluster does whose leader is killed.
 *
 * The hosts run in a process of their own, as they would on other machines; all are on this one, so that the figures are
 * the worse for it.
 *
 * @module
 */

import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { readEvents } from "../../lib/hub/nats/event_reader.ts";
import { connectNats } from "../../lib/hub/nats/nats_transport.ts";
import { ensureStorage } from "../../lib/hub/nats/stream_setup.ts";
import { ALL_EVENTS } from "../../lib/hub/nats/subjects.ts";
import type { SessionEvent } from "../../lib/sessions/types.ts";
import { freePort, type NatsServer, startNatsServer } from "../helpers/nats_server.ts";

const STREAM = "claustrum";
const OPTIONS = { stream: STREAM, subject: ALL_EVENTS };
/** How long to wait for what is late, in milliseconds. */
const GRACE_MS = 30_000;
const TICKS_PER_SECOND = Number((await run("getconf", "CLK_TCK")).trim());

/** A steady load. */
export interface Load {
  /** How many hosts publish. */
  readonly hosts: number;
  /** How many events a host makes in a second. */
  readonly rate: number;
  /** For how long. */
  readonly seconds: number;
  /** How many read all of it. @default {1} */
  readonly readers?: number;
  /** Whether they only subscribe, without the stream, its order and what it keeps, as a yardstick. @default {false} */
  readonly isBare?: boolean;
}

/** What came of a steady load. */
export interface SteadyFigures {
  /** How many events were published. */
  readonly published: number;
  /** How many events the readers got, in all. */
  readonly read: number;
  /** How many of them were not the next one of their host. */
  readonly disorder: number;
  /** How long half of the events took from the host to a reader, in milliseconds. */
  readonly lagP50: number;
  /** How long 99 of 100 events took, in milliseconds. */
  readonly lagP99: number;
  /** What one reader takes, in percent of a core. */
  readonly readerPercent: number;
  /** What the server takes, in percent of a core. */
  readonly serverPercent: number;
  /** What all hosts together take, in percent of a core. */
  readonly hostsPercent: number;
  /** What the server occupies, in megabytes. */
  readonly serverMb: number;
  /** What the stream occupies for an event, in bytes. */
  readonly bytesStored: number;
}

/** Many hosts publish at a steady rate, and some read them all. */
export async function measureSteady(
  { hosts, rate, seconds, readers = 1, isBare = false }: Load,
): Promise<SteadyFigures> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startNatsServer());
  const connections = [];
  for (let i = 0; i < readers; i++) connections.push(stack.use(await open(server)));
  const publisher = publish([server], hosts, rate, seconds);
  const published = hosts * rate * seconds;
  const lags: number[] = [];
  let [disorder, read] = [0, 0];
  const { promise: all, resolve } = Promise.withResolvers<void>();
  for (const { connection, stream } of connections) {
    const next = new Map<string, number>();
    const take = (event: SessionEvent, host: string) => {
      lags.push(performance.timeOrigin + performance.now() - sentAt(event));
      if (event.id !== (next.get(host) ?? 1)) disorder++;
      next.set(host, event.id + 1);
      if (++read === published * readers) resolve();
    };
    if (isBare) await readBare(connection, take);
    else stack.use(await readEvents(stream, OPTIONS, take));
  }
  const pids = [Deno.pid, server.pid, publisher.pid];
  const [before, start] = [pids.map(cpuOf), performance.now()];
  publisher.begin();
  await within(all, seconds * 1_000 + GRACE_MS);
  const took = (performance.now() - start) / 1_000;
  const used = pids.map((pid, i) => 100 * (cpuOf(pid) - before[i]!) / took) as [number, number, number];
  const serverMb = residentMb(server.pid);
  const manager = await jetstreamManager(connections[0]!.connection);
  const { state } = await manager.streams.info(STREAM);
  publisher.finish();
  await publisher.ended;
  lags.sort((a, b) => a - b);
  const lag = (part: number) => lags[Math.floor(lags.length * part)] ?? Infinity;
  return {
    ...{ published, read, disorder },
    ...{ lagP50: lag(0.5), lagP99: lag(0.99) },
    ...{ readerPercent: used[0] / readers, serverPercent: used[1], hostsPercent: used[2] },
    ...{ serverMb, bytesStored: state.bytes / state.messages },
  };
}

/** Reads what is published as it comes. */
async function readBare(connection: NatsConnection, take: (event: SessionEvent, host: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  connection.subscribe(ALL_EVENTS, {
    callback: (_, { data, subject }) => take(JSON.parse(decoder.decode(data)), subject.split(".")[1]!),
  });
  await connection.flush();
}

/** What it takes to read many events that are there already. */
export interface CatchUpFigures {
  /** How many were read. */
  readonly read: number;
  /** How long that took, in milliseconds. */
  readonly ms: number;
  /** How many a host got into the stream in a second. */
  readonly publishedPerSecond: number;
}

/** One reads many events that are there already. */
export async function measureCatchUp(events: number): Promise<CatchUpFigures> {
  await using server = await startNatsServer();
  await using reader = await open(server);
  const publisher = publish([server], 1, 0, 0, events);
  const begun = performance.now();
  publisher.begin();
  publisher.finish();
  await publisher.ended;
  const publishedPerSecond = events / (performance.now() - begun) * 1_000;
  const start = performance.now();
  let read = 0;
  const { promise: all, resolve } = Promise.withResolvers<void>();
  await using _reading = await readEvents(reader.stream, { ...OPTIONS, isFromStart: true }, () => {
    if (++read === events) resolve();
  });
  await within(all, 2 * GRACE_MS);
  return { read, ms: performance.now() - start, publishedPerSecond };
}

/** What a cluster does whose leader is killed. */
export interface ClusterFigures {
  /** How many events were published. */
  readonly published: number;
  /** How many of them are there. */
  readonly read: number;
  /** How long nothing was acknowledged, in milliseconds. */
  readonly awayMs: number;
  /** How long after the kill all were there, in milliseconds. */
  readonly wholeMs: number;
}

/** The leader of the stream is killed in a cluster of three. */
export async function measureCluster(): Promise<ClusterFigures> {
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
  publisher.finish();
  await wait(3_000);
  await servers[leader]!.kill();
  const killed = performance.now();
  await publisher.ended;
  const away = publisher.longestPause();
  const last = await retried(() => open(others[0]!));
  const ids = new Set<string>();
  const options = { ...OPTIONS, isFromStart: true };
  const reading = await readEvents(last.stream, options, (event, host) => void ids.add(`${host}.${event.id}`));
  const end = performance.now() + 30_000;
  while (ids.size < perHost * count && performance.now() < end) await wait(50);
  await reading[Symbol.asyncDispose]();
  await last[Symbol.asyncDispose]();
  return {
    ...{ published: perHost * count, read: ids.size },
    ...{ awayMs: away, wholeMs: performance.now() - killed },
  };
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
  const stdin = child.stdin.getWriter();
  return {
    pid: child.pid,
    /** Has it begin. */
    begin: () => void stdin.write(new TextEncoder().encode("\n")),
    /** Lets it end, once it is done. */
    finish: () => void stdin.close(),
    ended,
    longestPause: () => pause,
  };
}

function sentAt({ payload }: SessionEvent): number {
  return Number((payload as { readonly at_ms?: unknown }).at_ms);
}

/** The processor time of a process, in seconds. */
function cpuOf(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** What a process occupies, in megabytes. */
function residentMb(pid: number): number {
  const [, kb = ""] = /^VmRSS:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ?? [];
  return Number(kb) / 1_000;
}

/** Waits for something, but no longer than a time in milliseconds. */
async function within(work: Promise<void>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, late]);
  clearTimeout(timer);
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

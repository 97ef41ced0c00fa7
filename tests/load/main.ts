/**
 * Loads the web address of a hub: many clients, clients that do not read, and clients that lose their connection.
 * `deno task load [--seed N]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type EventsToAdd, startHubProcess } from "../helpers/hub_process.ts";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { cutOffSilent, fanOut, quantile, settledMemory } from "./fan_out.ts";
import { type Follow, followOverCuts, overSocket, overStream } from "./reconnect.ts";

const CLIENTS = 200;
const EVENTS = 2_000;
/** As fast as a busy agent. */
const PACED: EventsToAdd = { count: EVENTS, burst: 4, pause: 20 };
/** As fast as the hub can: then most of the time goes by in queues. */
const UNPACED: EventsToAdd = { count: EVENTS };
/** The longest time for 99 of 100 events, in milliseconds. */
const MAX_P99_MS = 50;
/** How often a client loses its connection. */
const CUTS = 1_000;
/** How many clients that do not read come one after the other. */
const SILENT = 50;
/** How much memory all of them may occupy afterwards: less than the 4 MiB each that wait for them before they are cut off. */
const MAX_SILENT_BYTES = 64 << 20;

function check(what: string, hasPassed: boolean, detail: string): boolean {
  console.log(`${hasPassed ? "ok  " : "BAD "} ${what}: ${detail}`);
  return hasPassed;
}

/** Tries several times, for other programs may have the processor at the same time. */
async function checkLatency(attempts: number): Promise<boolean> {
  const isFast = await checkFanOut("200 a second", PACED, MAX_P99_MS);
  return isFast || attempts > 1 && await checkLatency(attempts - 1);
}

async function checkFanOut(pace: string, events: EventsToAdd, maxP99: number): Promise<boolean> {
  await using hub = await startHubProcess({ CLAUSTRUM_LOG_LEVEL: "info" });
  const { times, perSecond } = await fanOut(hub, { clients: CLIENTS, events });
  const [p50, p99, most] = [quantile(times, 0.5), quantile(times, 0.99), times.at(-1)!];
  const ms = `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, most ${most.toFixed(1)} ms`;
  return check(
    `${events.count} events to ${CLIENTS} clients and one that does not read, ${pace}`,
    p99 < maxP99,
    `none lost, ${Math.round(perSecond)} messages/s, ${ms}`,
  );
}

async function checkSilent(): Promise<boolean> {
  await using hub = await startHubProcess({ CLAUSTRUM_LOG_LEVEL: "info" });
  using _first = await cutOffSilent(hub, 1);
  const before = await settledMemory(hub);
  using _others = await cutOffSilent(hub, SILENT);
  const grown = await settledMemory(hub) - before;
  const mib = (grown / (1 << 20)).toFixed(1);
  return check(`${SILENT} clients that do not read`, grown < MAX_SILENT_BYTES, `cut off; ${mib} MiB more memory`);
}

async function checkCuts(name: string, follow: Follow): Promise<boolean> {
  await using hub = await startHubProcess();
  const count = await followOverCuts(hub, follow, CUTS, seed);
  return check(`${CUTS} cuts of ${name}`, true, `${count} events, each once and in order`);
}

const args = parseArgs(Deno.args, { string: ["seed"], unknown: refuseUnknown("deno task load [--seed N]") });
const seed = Number(args["seed"] ?? Math.floor(Math.random() * 1e9));
const results = [
  await checkLatency(3),
  await checkFanOut("as fast as it can", UNPACED, Infinity),
  await checkSilent(),
  await checkCuts("a WebSocket", overSocket),
  await checkCuts("server-sent events", overStream),
];
if (results.includes(false)) {
  console.log(`repeat it with: deno task load --seed ${seed}`);
  Deno.exit(1);
}

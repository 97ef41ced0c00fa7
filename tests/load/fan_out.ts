/**
 * Sends events to many WebSocket clients, while others do not read at all.
 *
 * @module
 */

import {
  addEvents,
  type EventsToAdd,
  type HubProcess,
  OTHER_SESSION,
  SESSION,
  wallTime,
} from "../helpers/hub_process.ts";
import { RawWebSocket } from "../helpers/raw_web_socket.ts";
import { residentBytes } from "../helpers/resident.ts";
import { soon, waitFor } from "../helpers/wait.ts";

/** What a client that does not read is sent. The system's buffers take about 10 MB of it. */
const FLOOD: EventsToAdd = { count: 1_000, bytes: 20_000, pause: 4 };
/** How long it may take until all have everything, in milliseconds. */
const PATIENCE_MS = 120_000;
/** How long the collector of the hub has to free what is not in use, in milliseconds. */
const REST_MS = 10_000;

/** Options of {@linkcode fanOut}. */
export interface FanOutOptions {
  /** How many clients read. */
  readonly clients: number;
  /** What each of them gets. */
  readonly events: EventsToAdd;
}

/** What happened. */
export interface FanOutResult {
  /** How long the events took to each client, in milliseconds, the shortest first. */
  readonly times: readonly number[];
  /** How many messages arrived in a second. */
  readonly perSecond: number;
}

/**
 * Sends events to clients, and checks that each gets every event once and in order, while another client does not read.
 *
 * @throws {Error} If an event is lost, comes twice, or in another order.
 */
export async function fanOut(hub: HubProcess, { clients, events }: FanOutOptions): Promise<FanOutResult> {
  using sockets = new DisposableStack();
  const open = async () => sockets.use(await subscribe(hub, [SESSION]));
  const readers = await Promise.all(Array.from({ length: clients }, open));
  await using client = await hub.connect();
  const begin = performance.now();
  const [times, silent] = await soon(
    "the events",
    Promise.all([
      Promise.all(readers.map((socket) => readEvents(socket, events.count))),
      cutOffSilent(hub, 1),
      client.call("prompt.send", { session_name: SESSION, prompt: addEvents(events) }),
    ]),
    PATIENCE_MS,
  );
  const perSecond = clients * events.count / (performance.now() - begin) * 1_000;
  silent[Symbol.dispose]();
  return { times: times.flat().sort((a, b) => a - b), perSecond };
}

/**
 * Opens connections that do not read, and floods them until the hub has cut them off.
 *
 * @returns The connections, which are still open on this side.
 */
export async function cutOffSilent(hub: HubProcess, count: number): Promise<Disposable> {
  using sockets = new DisposableStack();
  const before = cutOffs(hub);
  for (let i = 0; i < count; i++) sockets.use(await subscribe(hub, [OTHER_SESSION]));
  await using client = await hub.connect();
  await client.call("prompt.send", { session_name: OTHER_SESSION, prompt: addEvents(FLOOD) });
  await waitFor("those who do not read to be cut off", () => cutOffs(hub) === before + count);
  return sockets.move();
}

async function subscribe({ url, token }: HubProcess, sessions: readonly string[]): Promise<RawWebSocket> {
  const socket = await RawWebSocket.open(`${url}/ws/dashboard?token=${token}`);
  await socket.send(JSON.stringify({ type: "subscribe", sessions }));
  await socket.nextText();
  return socket;
}

/** Returns how long each event took. */
async function readEvents(socket: RawWebSocket, count: number): Promise<number[]> {
  const times: number[] = [];
  let seq: number | undefined;
  while (times.length < count) {
    const text = await socket.nextText();
    if (text === undefined) throw new Error(`the hub closed a connection after ${times.length} events`);
    const { type, event } = JSON.parse(text);
    if (type !== "event" || event.payload.at_ms === undefined) continue;
    if (seq !== undefined && event.seq !== seq + 1) throw new Error(`event ${event.seq} came after event ${seq}`);
    seq = event.seq;
    times.push(wallTime() - event.payload.at_ms);
  }
  return times;
}

function cutOffs(hub: HubProcess): number {
  return hub.log().split("a live connection is cut off").length - 1;
}

/** Returns the memory of a hub once its collector had time, in bytes. */
export async function settledMemory(hub: HubProcess): Promise<number> {
  let least = Infinity;
  for (const end = performance.now() + REST_MS; performance.now() < end;) {
    least = Math.min(least, residentBytes(hub.pid));
    await fetch(`${hub.url}/healthz`).then((response) => response.body?.cancel());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return least;
}

/** Returns the value below which a part of the values lie. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

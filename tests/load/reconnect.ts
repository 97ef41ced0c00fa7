/**
 * Follows a hub with a client that loses its connection at any byte and comes back, while events are being added.
 *
 * @module
 */

import { cuttingTcpProxy } from "../helpers/cutting_proxy.ts";
import { addEvents, type HubProcess, SESSION } from "../helpers/hub_process.ts";
import { seededRandom } from "../helpers/random.ts";
import { RawWebSocket } from "../helpers/raw_web_socket.ts";
import { soon } from "../helpers/wait.ts";

/** After so many bytes a connection is cut at the latest; a snapshot and some events have as many. */
const MAX_LIFE_BYTES = 16_000;
/** The events that are added one after the other as long as connections are cut. */
const EVENTS = { count: 20, pause: 1 };
/** The event that is added in the end, which has a length of its own. */
const LAST = { count: 1, bytes: 1 };
/** How long it may take, in milliseconds. */
const PATIENCE_MS = 300_000;

/** A message of the hub. */
interface Message {
  /** The id of the last event that the client has got with it, which it names when it comes back. */
  readonly cursor: number;
  /** The event, if it is one. */
  readonly event: { readonly id: number; readonly payload: { readonly text?: string } } | undefined;
}

/** How a client follows. */
export type Follow = (url: string, token: string, after: number) => AsyncGenerator<Message>;

/**
 * Follows until the connection was cut a number of times and everything has arrived.
 *
 * @returns How many events there were.
 * @throws {Error} If an event is lost, comes twice, or in another order.
 */
export async function followOverCuts(hub: HubProcess, follow: Follow, cuts: number, seed: number): Promise<number> {
  const random = seededRandom(seed);
  const life = () => proxy.cuts < cuts ? Math.floor(random() * MAX_LIFE_BYTES) : Infinity;
  await using proxy = cuttingTcpProxy(hub.port, life);
  await using client = await hub.connect();
  const isCutting = () => proxy.cuts < cuts;
  const adding = (async () => {
    while (isCutting()) await client.call("prompt.send", { session_name: SESSION, prompt: addEvents(EVENTS) });
    await client.call("prompt.send", { session_name: SESSION, prompt: addEvents(LAST) });
  })();
  const following = (async () => {
    let seen = 0;
    for (let cursor = 0;;) {
      for await (const message of follow(`http://127.0.0.1:${proxy.port}`, hub.token, cursor)) {
        cursor = message.cursor;
        if (message.event === undefined) continue;
        const { id, payload } = message.event;
        if (id !== seen + 1) throw new Error(`event ${id} came after event ${seen}`);
        seen = id;
        if (payload.text?.length === LAST.bytes) return seen;
      }
    }
  })();
  const [seen] = await soon("all events", Promise.all([following, adding]), PATIENCE_MS);
  return seen;
}

/** Follows over a WebSocket until the connection ends. */
export async function* overSocket(url: string, token: string, after: number): AsyncGenerator<Message> {
  try {
    using socket = await RawWebSocket.open(`${url}/ws/dashboard?token=${token}`);
    await socket.send(JSON.stringify({ type: "subscribe", after }));
    for (let cursor = after, text = await socket.nextText(); text !== undefined; text = await socket.nextText()) {
      const { type, event } = JSON.parse(text);
      cursor = type === "event" ? event.id : cursor;
      yield { cursor, event };
    }
  } catch (error) {
    // The connection was cut, perhaps before there was a WebSocket.
    if (!(error instanceof Error)) throw error;
  }
}

/** Follows server-sent events until the connection ends. */
export async function* overStream(url: string, token: string, after: number): AsyncGenerator<Message> {
  const headers = { Authorization: `Bearer ${token}`, "Last-Event-ID": String(after) };
  let text = "";
  try {
    const response = await fetch(`${url}/api/events?after=0`, { headers });
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const messages = text.split("\n\n");
      // What has no end yet does not count.
      text = messages.pop()!;
      for (const message of messages) {
        const [, id, data] = /^event: \w+\nid: (\d+)\ndata: (.*)$/.exec(message) ?? [];
        if (data !== undefined) yield { cursor: Number(id), event: JSON.parse(data).event };
      }
    }
  } catch (error) {
    // The connection was cut.
    if (!(error instanceof TypeError)) throw error;
  }
}

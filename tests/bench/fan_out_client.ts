/**
 * Follows live events over many WebSockets and measures how fast they come: it looks at nothing but the type of each
 * message, so that it costs less than the server. Prints a line when all sockets follow, and a JSON object at the end.
 * `fan_out_client.ts URL CLIENTS EVENTS [TOKEN]`
 *
 * @module
 */

import { OPCODES, RawWebSocket } from "../helpers/raw_web_socket.ts";

const [url = "", clients, events, token] = Deno.args;
const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
const EVENT = new TextEncoder().encode('{"type":"event"');
let first = Infinity;

function isEvent(payload: Uint8Array): boolean {
  return EVENT.every((byte, i) => payload[i] === byte);
}

const sockets = await Promise.all(
  Array.from({ length: Number(clients) }, async () => {
    const socket = await RawWebSocket.open(url, { headers });
    await socket.send('{"type":"subscribe"}');
    await socket.nextText();
    return socket;
  }),
);
console.log("ready");

async function follow(socket: RawWebSocket): Promise<void> {
  for (let seen = 0; seen < Number(events);) {
    const frame = await socket.next();
    if (frame === undefined) throw new Error(`the server closed a connection after ${seen} events`);
    if (frame.opcode !== OPCODES.text || !isEvent(frame.payload)) continue;
    if (seen++ === 0) first = Math.min(first, performance.now());
  }
  socket[Symbol.dispose]();
}

await Promise.all(sockets.map(follow));
console.log(JSON.stringify({ ms: performance.now() - first }));

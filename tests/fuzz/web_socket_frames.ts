/**
 * Generates what a WebSocket client sends to the hub: subscriptions, mutations of them, and wrong frames.
 *
 * @module
 */

import { concat } from "../../lib/system/io.ts";
import { SESSION } from "../helpers/hub_process.ts";
import { pick } from "../helpers/random.ts";
import { encodeFrame, OPCODES } from "../helpers/raw_web_socket.ts";
import type { HttpPlaces, Random } from "./http_requests.ts";
import { below, IN_PLACE, MOVING, mutate } from "./mutate.ts";

const ENCODER = new TextEncoder();
const SUBSCRIBE = { type: "subscribe" };
const MEMBERS: Readonly<Record<string, readonly unknown[]>> = {
  after: [0, 1, 2, -1, 1.5, 1e9, "1", null],
  sessions: [[SESSION], [], ["none"], [""], "s", [1], null],
  page_key: ["", "wrong", 1, null],
  type: ["subscribe", "unsubscribe", "", 1],
  __proto__x: [1],
};

function subscription(random: Random): string {
  const names = Object.keys(MEMBERS).filter(() => random() < 0.3);
  return JSON.stringify({
    ...SUBSCRIBE,
    ...Object.fromEntries(names.map((name) => [name, pick(random, MEMBERS[name]!)])),
  });
}

/** Where the WebSockets of the hub are. */
type Place = "/ws/dashboard" | "/ws/terminal/s";

/** Frames that a client of a terminal may send at any time, but the first of them before. */
const TYPING: readonly ((random: Random) => Uint8Array)[] = [
  () => encodeFrame('{"resize":[80,24]}'),
  (random) => encodeFrame(JSON.stringify({ resize: [pick(random, [2, 500, 1, 501, 80.5, "80"]), 24] })),
  (random) => encodeFrame("x".repeat(below(random, 300)), { opcode: OPCODES.binary }),
  (random) => encodeFrame("x".repeat(below(random, 100_000)), { opcode: OPCODES.binary }),
];

/** Frames that a client of live events may send at any time. */
const ORDINARY: readonly ((random: Random) => Uint8Array)[] = [
  () => encodeFrame(JSON.stringify(SUBSCRIBE)),
  (random) => encodeFrame(subscription(random)),
  (random) => encodeFrame(subscription(random)),
  (random) => encodeFrame("x".repeat(below(random, 126)), { opcode: OPCODES.ping }),
  () => encodeFrame("x", { opcode: OPCODES.pong }),
  (random) => fragments(subscription(random), random),
];

/** Frames after which the hub closes the connection. */
const WRONG: readonly ((random: Random) => Uint8Array)[] = [
  (random) => encodeFrame(mutate(ENCODER.encode(subscription(random)), random, IN_PLACE)),
  (random) => encodeFrame(mutate(ENCODER.encode(subscription(random)), random, MOVING)),
  (random) => encodeFrame(pick(random, ["", "{", "[]", "null", "1", '"x"', "[".repeat(50_000)])),
  (random) => encodeFrame("x".repeat(random() < 0.1 ? 1 << 20 : 66_000)),
  (random) => encodeFrame(JSON.stringify(SUBSCRIBE), { opcode: OPCODES.binary, isMasked: random() < 0.5 }),
  () => encodeFrame(JSON.stringify(SUBSCRIBE), { isMasked: false }),
  () => encodeFrame(Uint8Array.of(0xff, 0xfe, 0xc0)),
  () => encodeFrame(Uint8Array.of(0xed, 0xa0, 0x80)),
  (random) => encodeFrame("x", { opcode: pick(random, [3, 7, 11, 15]) }),
  (random) => encodeFrame("x", { reserved: 1 + below(random, 7) }),
  () => encodeFrame("x".repeat(126), { opcode: OPCODES.ping }),
  () => encodeFrame("x", { opcode: OPCODES.ping, isLast: false }),
  () => encodeFrame("x", { opcode: OPCODES.continuation }),
  () => concat([encodeFrame("x", { isLast: false }), encodeFrame("x")]),
  (random) =>
    encodeFrame("x", { length: pick(random, [2n ** 63n, 2n ** 62n, 2n ** 40n, 2n ** 32n, 60_000_000n, 70_000n]) }),
  (random) => encodeFrame(pick(random, ["", "x", "\x03\xe8bye", "\0\0"]), { opcode: OPCODES.close }),
  (random) => encodeFrame(Uint8Array.of(0x03, 0xe8, 0xff, 0xff), { opcode: OPCODES.close, isMasked: random() < 0.9 }),
  (random) => Uint8Array.from({ length: 1 + below(random, 30) }, () => below(random, 256)),
];

/** A text in several frames, with a ping between them. */
function fragments(text: string, random: Random): Uint8Array {
  const cut = below(random, text.length);
  return concat([
    encodeFrame(text.slice(0, cut), { isLast: false }),
    ...(random() < 0.5 ? [encodeFrame("", { opcode: OPCODES.ping })] : []),
    encodeFrame(text.slice(cut), { opcode: OPCODES.continuation }),
  ]);
}

/** Returns frames. Most follow the protocol, so that the later ones are read. */
export function fuzzFrames({ path }: SocketOpening, count: number, random: Random): Uint8Array[] {
  const ordinary = path === "/ws/dashboard" ? ORDINARY : TYPING;
  const frames = Array.from({ length: count }, () => pick(random, random() < 0.85 ? ordinary : WRONG)(random));
  return ordinary === TYPING && random() < 0.9 ? [TYPING[0]!(random), ...frames] : frames;
}

/** How a client opens a WebSocket, and whether that suffices to see anything. */
export interface SocketOpening {
  readonly path: Place;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the hub accepts the WebSocket; `undefined` if a request may have signed the browser out. */
  readonly isAccepted: boolean | undefined;
  /** Whether the client may get events; otherwise it must not. */
  readonly isAdmitted: boolean;
}

/** Returns how a client opens a WebSocket. */
export function socketOpening({ token, cookie, host }: HttpPlaces, random: Random): SocketOpening {
  const Origin = `http://${host}`;
  const path = pick<Place>(random, ["/ws/dashboard", "/ws/terminal/s"]);
  // Only the dashboard takes the token of a query.
  const takesQuery = path === "/ws/dashboard";
  const opening = pick<Omit<SocketOpening, "path">>(random, [
    { query: `?token=${token}`, headers: {}, isAccepted: takesQuery, isAdmitted: takesQuery },
    { query: "", headers: { Authorization: `Bearer ${token}` }, isAccepted: true, isAdmitted: true },
    { query: "", headers: { Cookie: cookie, Origin }, isAccepted: undefined, isAdmitted: false },
    { query: "", headers: { Cookie: cookie }, isAccepted: false, isAdmitted: false },
    { query: "", headers: { Cookie: cookie, Origin: "http://example.com" }, isAccepted: false, isAdmitted: false },
    { query: `?token=${token.slice(1)}`, headers: {}, isAccepted: false, isAdmitted: false },
    { query: "", headers: {}, isAccepted: false, isAdmitted: false },
  ]);
  return { path, ...opening };
}

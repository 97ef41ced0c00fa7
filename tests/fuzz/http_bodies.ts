/**
 * Generates bodies of requests to the hub.
 *
 * @module
 */

import { concat } from "../../lib/system/io.ts";
import { SESSION } from "../helpers/hub_process.ts";
import { pick } from "../helpers/random.ts";
import type { Headers, HttpPlaces, Random } from "./http_requests.ts";
import { below, IN_PLACE, MOVING, mutate } from "./mutate.ts";

const ENCODER = new TextEncoder();
/** More than the hub accepts. */
const TOO_LARGE = 9 << 20;

/** A body as it is sent. */
export interface FuzzedBody {
  /** What says its type and its length. */
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** Valid parameters, by method and path. */
const EXAMPLES: Readonly<Record<string, (places: HttpPlaces, random: Random) => Record<string, unknown>>> = {
  "POST /api/sessions": () => ({ path: "/tmp", name: "n", claude_args: ["--x"], policy: "ask", prompt: "go" }),
  "PATCH /api/sessions/:id": (_, random) => ({ name: `n${below(random, 20)}`, model: null, policy: "deny" }),
  "POST /api/sessions/:id/fork": () => ({ name: "f" }),
  "POST /api/sessions/:id/prompt": () => ({ prompt: [{ type: "text", text: "hi" }], start_if_stopped: true }),
  "PATCH /api/sessions/:id/prompts/:prompt": () => ({ prompt: "hi" }),
  "POST /api/sessions/:id/prompts/:prompt/move": () => ({ position: 1 }),
  "POST /api/permissions/:id": () => ({ decision: "allow", message: "m", updated_input: { a: [1] } }),
  "POST /api/tokens": (_, random) => ({ name: `t${below(random, 10)}`, read_only: true }),
  "POST /api/sign-in": (_, random) => pick(random, [{ token: "x" }, { password: "x", user: "u" }, { code: "x" }]),
  "POST /api/sign-out": () => ({ everywhere: false }),
};

/** Values that are hard to parse, or have a wrong type for some parameters. */
const ODDITIES: readonly string[] = [
  ...'null true false 0 -0 4.0 1e3 1e400 -1 9007199254740993 "" "x" [] {} [1] [[[[]]]] {"a":{"b":[]}} [null]'.split(
    " ",
  ),
  ...'"\\ud800" "\\u0000" "\\u2028<>&" "\u{1f600}" {"type":"text"} [{"type":1}] {"__proto__":{"x":1}}'.split(" "),
  `"${"x".repeat(5_000)}"`,
];
const NAMES = ["__proto__", "constructor", "toString", "session_name", "id", "", "\u0000", "extra"];
const TYPES = [
  ...["application/json; charset=utf-8", "application/merge-patch+json", "APPLICATION/JSON", "text/plain", "x", ""],
  ...["application/jsonx", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "\u00e9"],
];

/** Returns a body for a route. */
export function fuzzBody(
  { method, path }: { readonly method: string; readonly path: string },
  places: HttpPlaces,
  random: Random,
): FuzzedBody {
  const example = EXAMPLES[`${method} ${path}`]?.(places, random) ?? {};
  const bytes = contentOf(example, random);
  const type: Headers = random() < 0.03
    ? []
    : [["Content-Type", random() < 0.9 ? "application/json" : pick(random, TYPES)]];
  if (random() < 0.8) return { headers: [...type, ["Content-Length", String(bytes.length)]], bytes };
  return { headers: [...type, ["Transfer-Encoding", "chunked"]], bytes: chunked(bytes, random) };
}

function contentOf(example: Record<string, unknown>, random: Random): Uint8Array {
  const chance = random();
  if (chance < 0.35) return ENCODER.encode(JSON.stringify(example));
  if (chance < 0.7) return ENCODER.encode(changed(example, random));
  if (chance < 0.8) return mutate(ENCODER.encode(JSON.stringify(example)), random, IN_PLACE);
  if (chance < 0.9) return mutate(ENCODER.encode(JSON.stringify(example)), random, MOVING);
  if (chance < 0.94) return Uint8Array.from({ length: below(random, 200) }, () => below(random, 256));
  if (chance < 0.97) return ENCODER.encode(nested(1 + below(random, random() < 0.05 ? 50_000 : 500)));
  if (chance < 0.99) return new Uint8Array();
  return chance < 0.9999 ? new Uint8Array(below(random, 20_000)).fill(0x20) : new Uint8Array(TOO_LARGE).fill(0x20);
}

/** Replaces, adds or removes a member. */
function changed(example: Record<string, unknown>, random: Random): string {
  const members = Object.entries(example).map(([name, value]): [string, string] => [name, JSON.stringify(value)]);
  const at = below(random, members.length);
  switch (below(random, 4)) {
    case 0:
      members.splice(at, 1);
      break;
    case 1:
      members.push([pick(random, NAMES), random() < 0.5 ? JSON.stringify(SESSION) : pick(random, ODDITIES)]);
      break;
    case 2:
      if (members[at] !== undefined) members.push([members[at][0], pick(random, ODDITIES)]);
      break;
    default:
      if (members[at] !== undefined) members[at][1] = pick(random, ODDITIES);
  }
  if (random() < 0.05) return pick(random, ODDITIES);
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
}

function nested(depth: number): string {
  return depth % 2 === 0 ? "[".repeat(depth) + "]".repeat(depth) : `${'{"a":'.repeat(depth)}0${"}".repeat(depth)}`;
}

function chunked(bytes: Uint8Array, random: Random): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + 1 + below(random, Math.max(50, bytes.length)));
    const extension = random() < 0.1 ? ";a=b" : "";
    pieces.push(ENCODER.encode(`${piece.length.toString(16)}${extension}\r\n`), piece, ENCODER.encode("\r\n"));
    at += piece.length;
  }
  pieces.push(ENCODER.encode(random() < 0.1 ? "0\r\nX-Trailer: x\r\n\r\n" : "0\r\n\r\n"));
  return concat(pieces);
}

/**
 * Fuzzes a running daemon with request lines. None may crash it, hang it, leak memory, or get two replies or a reply
 * that the contract does not allow.
 *
 * @module
 */

import type { GenerationName } from "../../lib/contract/generation.ts";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { seededRandom } from "../helpers/random.ts";
import { concat } from "../../lib/system/io.ts";
import { soon } from "../helpers/wait.ts";
import { below } from "./mutate.ts";
import { checkOutput, type Expectation, expectationOf } from "./reply_check.ts";
import { fuzzId, fuzzLine } from "./request_lines.ts";
import { expect, Finding, type Target } from "./target.ts";

const ROUND_CASES = 200;
/** The interval of rounds that end with a line that is too long. */
const TOO_LONG_EVERY = 50;
const MAX_LINE_BYTES = (1 << 20) - 1;
const ROUND_MS = 30_000;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

interface FuzzedDaemon extends TestDaemon {
  readonly contract: GenerationName;
}

/** Starts the daemon that is fuzzed. */
export async function requestTarget(served: GenerationName = "seed"): Promise<Target> {
  const started = await startDaemon({ env: { CLAUSTRUM_LOG_LEVEL: "error" }, flags: ["--contract", served] });
  const daemon = { ...started, contract: served };
  await Deno.writeTextFile(`${daemon.directory}/file`, "content <&>\u2028 \ufffd");
  // Takes several pieces to encode, and is no text.
  await Deno.writeFile(`${daemon.directory}/large`, Uint8Array.from({ length: 150_000 }, (_, i) => i * 7));
  await new Deno.Command("mkfifo", { args: [`${daemon.directory}/fifo`] }).output();
  await Deno.mkdir(`${daemon.directory}/listed/directory`, { recursive: true });
  await Deno.writeTextFile(`${daemon.directory}/listed/a file`, "");
  return {
    roundCases: ROUND_CASES,
    pid: daemon.pid,
    maxGrowth: 96 << 20,
    round: (seed) => round(daemon, seed),
    finish: () => finish(daemon),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

async function round(daemon: FuzzedDaemon, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const pieces: Uint8Array[] = [];
  const expected: Expectation[] = [];
  for (let i = 0; i < ROUND_CASES; i++) {
    const line = fuzzLine(fuzzId(seed, i), daemon, random);
    const whole = random() < 0.05 ? concat([line.bytes, Uint8Array.of(RETURN)]) : line.bytes;
    for (const part of linesOf(whole)) expected.push(expectationOf(part, line, daemon.token, daemon.contract));
    pieces.push(whole);
    // The last line may lack the newline.
    if (i < ROUND_CASES - 1 || random() < 0.5) pieces.push(Uint8Array.of(NEWLINE));
  }
  if (seed % TOO_LONG_EVERY === 0) return await tooLong(daemon, concat(pieces), expected);
  try {
    checkOutput(await exchange(daemon.socket, concat(pieces), random), expected, daemon.contract);
  } catch (error) {
    if (error instanceof Finding) error.message += `\ndaemon said: ${daemon.log().slice(-2_000)}`;
    throw error;
  }
}

/** Returns the lines that get a reply: without a carriage return at the end, and without empty ones. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start <= bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.subarray(start, bytes[end - 1] === RETURN && end > start ? end - 1 : end);
    if (line.length > 0) lines.push(line);
    start = end + 1;
  }
  return lines;
}

/** Sends everything, split at random, and reads to the end. */
async function exchange(socket: string, bytes: Uint8Array, random: () => number): Promise<Uint8Array> {
  using conn = await Deno.connect({ transport: "unix", path: socket });
  const [output] = await soon(
    "the daemon to answer and close",
    Promise.all([readAll(conn), sendCut(conn, bytes, random).then(() => conn.closeWrite())]),
    ROUND_MS,
  );
  return output;
}

async function sendCut(conn: Deno.Conn, bytes: Uint8Array, random: () => number): Promise<void> {
  const most = 1 + below(random, 1 << below(random, 18));
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at, at + 1 + below(random, most)));
}

async function readAll(conn: Deno.Conn): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const buffer = new Uint8Array(1 << 16);
  for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) pieces.push(buffer.slice(0, n));
  return concat(pieces);
}

/** Sends lines before and after one that is too long: the former get replies, then the connection closes. */
async function tooLong(daemon: FuzzedDaemon, before: Uint8Array, expected: readonly Expectation[]): Promise<void> {
  using conn = await Deno.connect({ transport: "unix", path: daemon.socket });
  const giant = new Uint8Array(MAX_LINE_BYTES + 2).fill(0x20);
  const behind = new TextEncoder().encode(`\n{"jsonrpc":"2.0","id":"behind","method":"server.ping"}\n`);
  const send = async () => {
    try {
      await sendCut(conn, concat([before, Uint8Array.of(NEWLINE), giant, behind]), () => 0.999);
    } catch (error) {
      if (!isPeerGone(error)) throw error;
    }
  };
  const read = async () => {
    try {
      return await readAll(conn);
    } catch (error) {
      if (!isPeerGone(error)) throw error;
      return undefined; // the system drops answers that were not read when the other end closes over unread bytes
    }
  };
  const [output] = await soon("the daemon to close", Promise.all([read(), send()]), ROUND_MS);
  if (output !== undefined) checkOutput(output, expected, daemon.contract);
}

function isPeerGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset;
}

async function finish(daemon: FuzzedDaemon): Promise<string> {
  using client = await daemon.connect();
  expect((await client.call("server.ping")).result?.["pong"] === true, () => "it does not answer any more");
  client.close();
  expect(!/panic|ncaught|nhandled/.test(daemon.log()), () => daemon.log().slice(-4_000));
  expect(await daemon.stop() === 0, () => `it did not stop well: ${daemon.log().slice(-4_000)}`);
  return "the daemon answers and stops";
}

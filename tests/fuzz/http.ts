/**
 * Fuzzes the web address of a hub: requests with right and wrong credentials, bytes that are no HTTP, and WebSocket frames.
 * None may crash it, hang it, make it leak, be answered with a failure of the hub, or tell a secret to who has not signed
 * in. Every complete request must be answered.
 *
 * @module
 */

import { concat } from "../../lib/system/io.ts";
import { type HubProcess, SECRET, SESSION, startHubProcess } from "../helpers/hub_process.ts";
import { seededRandom } from "../helpers/random.ts";
import { encodeFrame, type Frame, OPCODES, RawWebSocket } from "../helpers/raw_web_socket.ts";
import { soon, waitFor } from "../helpers/wait.ts";
import { checkReply, ReplyReader } from "./http_replies.ts";
import { fuzzBytes, fuzzRequest, type HttpCase, type HttpPlaces, type Random } from "./http_requests.ts";
import { expect, type Target } from "./target.ts";
import { fuzzFrames, type SocketOpening, socketOpening } from "./web_socket_frames.ts";

/** How many connections of each kind a round has, and how many cases each of them. */
const ROUND = {
  requests: { connections: 3, cases: 50 },
  bytes: { connections: 4, cases: 7 },
  frames: { connections: 2, cases: 10 },
  streams: { connections: 2, cases: 1 },
} as const;
const ROUND_CASES = Object.values(ROUND).reduce((sum, { connections, cases }) => sum + connections * cases, 0);
/** How long anything may take, in milliseconds: less than the hub waits for a body. */
const ANSWER_MS = 20_000;
/** After so many rounds a browser signs in anew: a request may have signed it out. */
const SIGN_IN_ROUNDS = 10;
/** How many descriptors the hub may have opened for its own files since it started. */
const OWN_DESCRIPTORS = 8;
const DECODER = new TextDecoder();

/** Starts the hub that is fuzzed. */
export async function httpTarget(): Promise<Target> {
  const hub = await startHubProcess({ CLAUSTRUM_LOG_LEVEL: "error" });
  const fuzzer = new HttpFuzzer(hub);
  return {
    roundCases: ROUND_CASES,
    pid: hub.pid,
    maxGrowth: 96 << 20,
    round: (seed) => fuzzer.round(seed),
    finish: () => fuzzer.finish(),
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
}

class HttpFuzzer {
  readonly #hub: HubProcess;
  readonly #descriptors: number;
  #readOnlyToken: Promise<string> | undefined;
  #browser: Promise<Pick<HttpPlaces, "cookie" | "pageKey">> | undefined;
  #rounds = 0;

  constructor(hub: HubProcess) {
    this.#hub = hub;
    this.#descriptors = descriptors(hub.pid);
  }

  async round(seed: number): Promise<void> {
    const random = seededRandom(seed);
    if (this.#rounds++ % SIGN_IN_ROUNDS === 0) this.#browser = this.#signIn();
    this.#readOnlyToken ??= this.#createReadOnlyToken();
    const { token, port } = this.#hub;
    const places = {
      host: `127.0.0.1:${port}`,
      token,
      readOnlyToken: await this.#readOnlyToken,
      ...await this.#browser!,
    };
    const run = ({ connections, cases }: { connections: number; cases: number }, kind: typeof this.requests) =>
      Array.from({ length: connections }, () => kind.call(this, places, seededRandom(random() * 2 ** 32), cases));
    const all = [
      ...run(ROUND.requests, this.requests),
      ...run(ROUND.bytes, this.bytes),
      ...run(ROUND.frames, this.frames),
      ...run(ROUND.streams, this.stream),
    ];
    try {
      await soon("the hub to answer", Promise.all(all), ANSWER_MS);
    } catch (error) {
      if (error instanceof Error) error.message += `\nthe hub said: ${this.#hub.log().slice(-2_000)}`;
      throw error;
    }
  }

  /** Checks that the hub has survived everything. */
  async finish(): Promise<string> {
    const hub = this.#hub;
    const { body } = await this.#get(`/api/sessions/${SESSION}/events`);
    expect(body.includes(SECRET), () => `it does not answer any more: ${body.slice(0, 500)}`);
    const most = this.#descriptors + OWN_DESCRIPTORS;
    await waitFor("the descriptors of connections to be closed", () => descriptors(hub.pid) <= most, ANSWER_MS);
    const left = descriptors(hub.pid);
    expect(await hub.stop() === 0, () => `it did not stop well: ${hub.log().slice(-4_000)}`);
    expect(hub.log() === "", () => `it logged errors: ${hub.log().slice(-4_000)}`);
    return `${this.#descriptors}, then ${left} descriptors; the hub answers and stops`;
  }

  /** Sends requests, all at once on one connection while the hub keeps it open. */
  async requests(places: HttpPlaces, random: Random, count: number): Promise<void> {
    const all = Array.from({ length: count }, () => fuzzRequest(places, random));
    for (let rest = all, size = count; rest.length > 0;) {
      const answered = await this.#pipeline(rest.slice(0, size));
      // The hub may close a connection, and the system then drops answers. A request alone has to be answered, unless its
      // body is so large that the hub answers before it has read all of it.
      const isLost = answered === 0 && size === 1 && rest[0]!.bytes.length < 1 << 16;
      expect(!isLost, () => `no answer: ${DECODER.decode(rest[0]!.bytes.subarray(0, 1_000))}`);
      rest = rest.slice(answered === 0 && size === 1 ? 1 : answered);
      size = answered === 0 ? 1 : count;
    }
  }

  /** Returns how many of the requests were answered before the connection ended. */
  async #pipeline(requests: readonly HttpCase[]): Promise<number> {
    using connection = await this.#connect();
    const written = write(connection, concat(requests.map(({ bytes }) => bytes)));
    const reader = new ReplyReader(connection);
    let answered = 0;
    try {
      for (const request of requests) {
        const reply = await reader.next(request.method);
        if (reply === undefined) break;
        checkReply(request, reply);
        answered++;
        if (reply.isLast) break;
      }
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    connection.close();
    await written;
    return answered;
  }

  /** Sends bytes that may be no HTTP, and reads to the end. */
  async bytes(places: HttpPlaces, random: Random, count: number): Promise<void> {
    const mayBeRight = random() < 0.3;
    const pieces = Array.from({ length: count }, () => fuzzBytes(places, random, mayBeRight));
    using connection = await this.#connect();
    const sent = write(connection, concat(pieces)).then(() => closeWrite(connection));
    const output = DECODER.decode(await readToEnd(connection));
    await sent;
    const about = () => `${DECODER.decode(concat(pieces)).slice(0, 4_000)}\n->\n${output.slice(0, 4_000)}`;
    expect(!/^HTTP\/1\.1 50[^3]/m.test(output), () => `failed: ${about()}`);
    expect(mayBeRight || !output.includes(SECRET), () => `a secret without credentials: ${about()}`);
  }

  /** Opens a WebSocket, sends frames, and reads to the end. */
  async frames(places: HttpPlaces, random: Random, count: number): Promise<void> {
    const opening = socketOpening(places, random);
    using socket = await this.#openSocket(opening);
    if (socket === undefined) return;
    const frames = [...fuzzFrames(opening, count, random), encodeFrame("", { opcode: OPCODES.close })];
    const sent = write(socket.connection, concat(frames)).then(() => closeWrite(socket.connection));
    const about = () => `${JSON.stringify(opening)} ${frames.map((frame) => frame.subarray(0, 500).toHex()).join(" ")}`;
    for (let frame = await nextFrame(socket); frame !== undefined; frame = await nextFrame(socket)) {
      if (frame.opcode >= OPCODES.close) continue;
      expect(opening.isAdmitted, () => `a message without credentials: ${about()}`);
      if (frame.opcode !== OPCODES.text) continue;
      const { type, size } = JSON.parse(DECODER.decode(frame.payload));
      expect(type !== undefined || size !== undefined, () => `an unknown message: ${about()}`);
    }
    await sent;
  }

  /** Returns `undefined` if the hub rightly refuses it. */
  async #openSocket({ path, query, headers, isAccepted }: SocketOpening): Promise<RawWebSocket | undefined> {
    const where = () => JSON.stringify({ path, query, headers });
    try {
      const socket = await RawWebSocket.open(`${this.#hub.url}${path}${query}`, { headers });
      expect(isAccepted !== false, () => `accepted: ${where()}`);
      return socket;
    } catch (error) {
      if (!(error instanceof Error) || !/^HTTP\/1\.1 4(01|03|22) /.test(error.message)) throw error;
      expect(isAccepted !== true, () => `refused: ${where()} ${error.message}`);
      return undefined;
    }
  }

  /** Opens a stream of events, and leaves it. */
  async stream(places: HttpPlaces, random: Random): Promise<void> {
    const { token } = places;
    const query = random() < 0.5 ? "" : "?after=0&sessions=s";
    using connection = await this.#connect();
    const lines = [`GET /api/events${query} HTTP/1.1`, `Host: ${places.host}`, `Authorization: Bearer ${token}`];
    await write(connection, new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
    const reply = await new ReplyReader(connection).next("GET");
    expect(reply?.status === 200, () => `no stream: ${reply?.status} ${reply?.body}`);
  }

  async #get(path: string): Promise<{ readonly body: string }> {
    const response = await fetch(`${this.#hub.url}${path}`, {
      headers: { Authorization: `Bearer ${this.#hub.token}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { body: await response.text() };
  }

  async #createReadOnlyToken(): Promise<string> {
    await using client = await this.#hub.connect();
    return (await client.call("tokens.create", { name: "reader", read_only: true })).token;
  }

  async #signIn(): Promise<Pick<HttpPlaces, "cookie" | "pageKey">> {
    const response = await fetch(`${this.#hub.url}/api/sign-in`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: this.#hub.token }),
    });
    const { page_key } = await response.json();
    const [cookie = ""] = (response.headers.get("set-cookie") ?? "").split(";");
    return { cookie, pageKey: page_key };
  }

  #connect(): Promise<Deno.TcpConn> {
    return Deno.connect({ hostname: "127.0.0.1", port: this.#hub.port });
  }
}

/** Writes as much as the other end takes. */
async function write(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function closeWrite(connection: Deno.TcpConn): Promise<void> {
  return connection.closeWrite().catch((error) => {
    if (!isGone(error)) throw error;
  });
}

async function readToEnd(connection: Deno.TcpConn): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const buffer = new Uint8Array(64 << 10);
  try {
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      pieces.push(buffer.slice(0, n));
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  return concat(pieces);
}

async function nextFrame(socket: RawWebSocket): Promise<Frame | undefined> {
  try {
    return await socket.next();
  } catch (error) {
    if (!isGone(error)) throw error;
    return undefined;
  }
}

/** Whether the connection has ended: the other end may close it while something is on its way, or it was closed here. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}

function descriptors(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/**
 * What the rows of the web address measure with: a load generator, servers of others, and sessions as people have them.
 *
 * @module
 */

import { newRecord, type SessionRecord, toRow } from "../../lib/sessions/record.ts";
import { Store } from "../../lib/store/store.ts";
import { type Bench, output } from "./bench.ts";

const HERE = new URL("./", import.meta.url).pathname;
/** How many connections ask at the same time. */
const CONNECTIONS = 16;
/** How long each measurement takes, in seconds. */
const SECONDS = 2;
const HOUR_MS = 3_600_000;

/** What a load generator reports. */
export interface Load {
  /** How many requests were answered in a second. */
  readonly perSecond: number;
  /** How long 99 of 100 requests took at most, in milliseconds. */
  readonly p99: number;
}

/** A web server of others. */
export interface WebServer extends AsyncDisposable {
  /** Its address. */
  readonly url: string;
}

/**
 * Requests a page over and over again.
 *
 * @param token What to send in `Authorization`; absent for nothing.
 */
export async function load(url: string, token?: string): Promise<Load> {
  const headers = token === undefined ? [] : ["-H", `Authorization: Bearer ${token}`];
  const flags = ["-t1", `-c${CONNECTIONS}`, `-d${SECONDS}s`, "--latency", ...headers];
  const report = await output(["wrk", ...flags, url]);
  const [, perSecond] = /^Requests\/sec: +([\d.]+)$/m.exec(report) ?? [];
  const [, p99, unit] = /^ +99% +([\d.]+)(us|ms|s)$/m.exec(report) ?? [];
  const isWrong = /^ +(Non-2xx|Socket errors)/m.test(report);
  if (isWrong || perSecond === undefined || unit === undefined) throw new Error(`wrk says:\n${report}`);
  return { perSecond: Number(perSecond), p99: Number(p99) * { us: 0.001, ms: 1, s: 1_000 }[unit]! };
}

/** Starts a server of `yardsticks/`, which prints its port. */
export async function webYardstick(bench: Bench, script: string, args: readonly string[]): Promise<WebServer> {
  const child = new Deno.Command("node", {
    args: [`${HERE}yardsticks/${script}`, ...args],
    env: { NODE_PATH: `${await bench.packages()}/node_modules` },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const port = await firstLine(child.stdout);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/**
 * Follows live events over many WebSockets.
 *
 * @param go Makes the server send the events.
 * @returns How many messages arrived in a second.
 */
export async function fanOut(
  { url, clients, events, token }: {
    readonly url: string;
    readonly clients: number;
    readonly events: number;
    readonly token?: string;
  },
  go: () => Promise<unknown>,
): Promise<number> {
  const args = [url, String(clients), String(events), ...(token === undefined ? [] : [token])];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${HERE}fan_out_client.ts`, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const [ready, result] = child.stdout.tee();
  await firstLine(ready);
  await go();
  const [, report = "{}"] = (await new Response(result).text()).split("\n");
  return clients * events / JSON.parse(report).ms * 1_000;
}

async function firstLine(output: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of output.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes("\n")) return text.split("\n")[0]!;
  }
  throw new Error(`the program ended after ${JSON.stringify(text)}`);
}

/** Fills a store with sessions of the last days, as somebody has them who works with agents. */
export function fillUsedSessions(database: string, path: string, count: number): void {
  using store = Store.open(database);
  for (let i = 0; i < count; i++) store.sessions.insert(toRow(usedRecord(`${path}/project-${i % 6}`, i)));
}

function usedRecord(path: string, i: number): SessionRecord {
  const createdAt = Date.now() - 5 * HOUR_MS * (i + 1);
  const endedAt = createdAt + HOUR_MS + 1234 * i;
  const record = newRecord({
    id: crypto.randomUUID(),
    name: `tidy-up-the-parser-${i}`,
    path,
    createdAt,
    claudeSessionId: crypto.randomUUID(),
    origin: { kind: "new" },
    chosenModel: null,
    permissionMode: "acceptEdits",
    policy: "ask",
    claudeArgs: [],
  });
  return {
    ...record,
    updatedAt: endedAt,
    endedAt,
    model: "claude-sonnet-4-5-20250929",
    turns: 3 * i,
    formerCost: 0.123456 * i,
    tokens: { input: 1200 * i, output: 800 * i, cache_read: 340_000 * i, cache_creation: 21_000 * i },
    lastSeq: 410 * i,
    exit: { code: 0, reason: "stopped" },
  };
}

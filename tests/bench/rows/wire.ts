import type { Row } from "../harness.ts";
import { type Bench, requestLine, type Server, startOnce, TOKEN } from "../bench.ts";

const PING = requestLine(12345, "server.ping", {});
const FRAMED_PING = (() => {
  const body = PING.trimEnd();
  return `Content-Length: ${body.length}\r\n\r\n${body}`;
})();

/** Returns a request whose token is wrong at one position. */
function wrongToken(at: number): string {
  return PING.replace(TOKEN, `${TOKEN.slice(0, at)}x${TOKEN.slice(at + 1)}`);
}

/** The number of blocks of requests that are measured, of each kind. */
const BLOCKS = 60;

/**
 * Returns the difference between two kinds of blocks, in standard errors (Welch's t). Without a real difference it
 * exceeds 3.3 once in a thousand times; a difference of 5.6 standard errors is found 99 times in 100.
 */
async function difference(first: () => Promise<number>, second: () => Promise<number>): Promise<number> {
  const [a, b]: [number[], number[]] = [[], []];
  for (let i = 0; i < BLOCKS; i++) {
    // The order within a pair alternates.
    if (i % 2 === 0) a.push(await first());
    b.push(await second());
    if (i % 2 === 1) a.push(await first());
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length;
  const error = (values: number[]) =>
    values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1) / values.length;
  const standardError = Math.sqrt(error(a) + error(b));
  console.error(`  wrong tokens: a difference of ${(5.6 * standardError * 1000).toFixed(0)} ns would be found`);
  return Math.abs(mean(a) - mean(b)) / standardError;
}

/** Creates the rows of requests and replies. */
export function wireRows(bench: Bench, stack: AsyncDisposableStack): Row[] {
  const once = <T extends AsyncDisposable>(start: () => Promise<T>) => startOnce(stack, start);
  const pinned = { pinned: true };
  const daemon = once(() => bench.daemon([], pinned));
  const bare = once(() => bench.yardstick("bare_ping.cjs", [], pinned));
  const vscode = once(async () => {
    await bench.packages();
    return await bench.yardstick("vscode_jsonrpc.cjs", [], pinned);
  });
  const freeDaemon = once(() => bench.daemon());
  const freeBare = once(() => bench.yardstick("bare_ping.cjs"));
  const library = once(async () => {
    await bench.packages();
    return await bench.yardstick("json_rpc_2.cjs");
  });
  const latency = async (server: () => Promise<Server>, key: "p50" | "p99", line = PING, end = "\n") =>
    (await bench.client((await server()).socket, ["latency", "20000", line, end], pinned))[key]!;
  const refusal = async (at: number) =>
    (await bench.client((await daemon()).socket, ["latency", "2000", wrongToken(at), "\n"], pinned))["p50"]!;
  const rate = async (server: () => Promise<Server>) =>
    (await bench.client((await server()).socket, ["pipeline", "500000", PING]))["perSecond"]!;
  return [
    {
      name: "ping one at a time, one core, p50",
      unit: "µs",
      limit: { kind: "atMost", value: 1.8, of: "ratio" },
      yardstick: { name: "bare node", measure: () => latency(bare, "p50") },
      measure: () => latency(daemon, "p50"),
    },
    {
      name: "ping one at a time, one core, p99",
      unit: "µs",
      limit: { kind: "atMost", value: 0.5, of: "ratio" },
      yardstick: { name: "vscode-jsonrpc", measure: () => latency(vscode, "p99", FRAMED_PING, "}") },
      measure: () => latency(daemon, "p99"),
    },
    {
      name: "wrong token, first against last byte, |t|",
      unit: "σ",
      limit: { kind: "atMost", value: 3.3, of: "value" },
      measure: () => difference(() => refusal(0), () => refusal(TOKEN.length - 1)),
    },
    {
      name: "pings pipelined",
      unit: "/s",
      limit: { kind: "atLeast", value: 0.7, of: "ratio" },
      yardstick: { name: "bare node", measure: () => rate(freeBare) },
      measure: () => rate(freeDaemon),
    },
    {
      name: "pings pipelined, against a library",
      unit: "/s",
      limit: { kind: "atLeast", value: 2.2, of: "ratio" },
      yardstick: { name: "json-rpc-2.0", measure: () => rate(library) },
      measure: () => rate(freeDaemon),
    },
  ];
}

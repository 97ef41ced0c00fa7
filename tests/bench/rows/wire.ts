import type { Row } from "../harness.ts";
import { requestLine, type Server, startOnce, TOKEN, type World } from "../world.ts";

const PING = requestLine(12345, "server.ping", {});
const FRAMED_PING = (() => {
  const body = PING.trimEnd();
  return `Content-Length: ${body.length}\r\n\r\n${body}`;
})();

/** A request with a token that is wrong at one place. */
function wrongToken(at: number): string {
  return PING.replace(TOKEN, `${TOKEN.slice(0, at)}x${TOKEN.slice(at + 1)}`);
}

/** How many times a block of requests is measured, of each kind. */
const BLOCKS = 60;

/**
 * How far two kinds of blocks are apart, in standard errors (Welch's t). Without a difference it is
 * beyond 3.3 once in a thousand times; a difference of 5.6 standard errors is found in 99 of 100.
 */
async function apart(first: () => Promise<number>, second: () => Promise<number>): Promise<number> {
  const [a, b]: [number[], number[]] = [[], []];
  for (let i = 0; i < BLOCKS; i++) {
    // Neither is always the first of its pair.
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

/** Requests and replies. */
export function wireRows(world: World, stack: AsyncDisposableStack): Row[] {
  const once = <T extends AsyncDisposable>(start: () => Promise<T>) => startOnce(stack, start);
  const pinned = { pinned: true };
  const daemon = once(() => world.daemon([], pinned));
  const bare = once(() => world.yardstick("bare_ping.cjs", [], pinned));
  const vscode = once(async () => {
    await world.packages();
    return await world.yardstick("vscode_jsonrpc.cjs", [], pinned);
  });
  const freeDaemon = once(() => world.daemon());
  const freeBare = once(() => world.yardstick("bare_ping.cjs"));
  const library = once(async () => {
    await world.packages();
    return await world.yardstick("json_rpc_2.cjs");
  });
  const latency = async (server: () => Promise<Server>, key: "p50" | "p99", line = PING, end = "\n") =>
    (await world.client((await server()).socket, ["latency", "20000", line, end], pinned))[key]!;
  const refusal = async (at: number) =>
    (await world.client((await daemon()).socket, ["latency", "2000", wrongToken(at), "\n"], pinned))["p50"]!;
  const rate = async (server: () => Promise<Server>) =>
    (await world.client((await server()).socket, ["pipeline", "500000", PING]))["perSecond"]!;
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
      measure: () => apart(() => refusal(0), () => refusal(TOKEN.length - 1)),
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

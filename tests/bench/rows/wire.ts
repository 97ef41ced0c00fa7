import type { Row } from "../harness.ts";
import { requestLine, type Server, startOnce, type World } from "../world.ts";

const PING = requestLine(12345, "server.ping", {});
const FRAMED_PING = (() => {
  const body = PING.trimEnd();
  return `Content-Length: ${body.length}\r\n\r\n${body}`;
})();

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

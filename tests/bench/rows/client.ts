import type { Row } from "../harness.ts";
import { timed } from "../harness.ts";
import { type Bench, oneLineScript, output, requestLine, TOKEN } from "../bench.ts";

const CALLS = "100000";
/** How long the process waits before it prints, so that observers can attach, in milliseconds. */
const WAIT_MS = 400;
const STREAM_BYTES = "1000000000";

/** Creates the rows of the library's client and of commands that use it. */
export function clientRows(bench: Bench): Row[] {
  const script = new URL("../library_client.ts", import.meta.url).pathname;
  const bare = new URL("../yardsticks/bare_client.cjs", import.meta.url).pathname;
  const program = [Deno.execPath(), "run", "-A", "--quiet", script];

  async function library(what: string, amount: string): Promise<Record<string, number>> {
    await using daemon = await bench.daemon();
    return JSON.parse(await output([...program, daemon.socket, TOKEN, what, amount]));
  }

  async function bareCalls(): Promise<number> {
    await using daemon = await bench.daemon();
    return JSON.parse(await output(["node", bare, daemon.socket, TOKEN, CALLS])).perSecond;
  }

  /** Measures the stream of the daemon with the fast client, without the library. */
  async function rawStream(): Promise<number> {
    await using daemon = await bench.daemon();
    const params = { id: "p", command: "head", args: ["-c", STREAM_BYTES, "/dev/zero"] };
    const line = requestLine(1, "process.spawn", params);
    const ms = await timed(() => bench.client(daemon.socket, ["until", '"stream":"exit"', line]));
    return Number(STREAM_BYTES) / 1e3 / ms;
  }

  /** Returns how long the receiver takes to read a gigabyte while others observe, in milliseconds. */
  async function observed(observers: number): Promise<number> {
    await using daemon = await bench.daemon();
    const args = ["-c", `sleep ${WAIT_MS / 1000}; exec head -c ${STREAM_BYTES} /dev/zero`];
    const spawn = requestLine(1, "process.spawn", { id: "p", command: "sh", args });
    const observe = requestLine(1, "process.reattach", { id: "p", observe: true });
    const until = (line: string) => bench.client(daemon.socket, ["until", '"stream":"exit"', line]);
    const receiving = timed(() => until(spawn));
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS / 2));
    const observing = Array.from({ length: observers }, () => until(observe));
    const ms = await receiving;
    await Promise.all(observing);
    return ms - WAIT_MS;
  }

  async function status(): Promise<number> {
    await using daemon = await bench.daemon();
    const env = { CLAUDE_RPC_TOKEN: TOKEN };
    return await timed(() => output([...bench.claustrum, "status", "--socket", daemon.socket], env));
  }

  async function oneLine(): Promise<number> {
    const command = await oneLineScript(bench);
    return await timed(() => output(command));
  }

  return [
    {
      name: "1 GB with an observer as second receiver",
      unit: "ms",
      limit: { kind: "atMost", value: 1 / 0.7, of: "ratio" },
      yardstick: { name: "without one", measure: () => observed(0) },
      measure: () => observed(1),
    },
    {
      name: "start: status",
      unit: "ms",
      limit: { kind: "atMost", value: 5, of: "ratio" },
      yardstick: { name: "a one-line script", measure: oneLine },
      measure: status,
    },
    {
      name: "client: 1 GB through child.stdout",
      unit: "MB/s",
      limit: { kind: "atLeast", value: 0.5, of: "ratio" },
      yardstick: { name: "the raw stream", measure: rawStream },
      measure: async () => (await library("stream", STREAM_BYTES))["megabytesPerSecond"]!,
    },
    {
      name: "client: calls in flight at once",
      unit: "/s",
      limit: { kind: "atLeast", value: 0.7, of: "ratio" },
      yardstick: { name: "bare node client", measure: bareCalls },
      measure: async () => (await library("calls", CALLS))["perSecond"]!,
    },
  ];
}

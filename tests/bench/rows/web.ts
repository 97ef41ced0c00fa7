import { hubCommandLine } from "../../../lib/cli/hub_command_line.ts";
import { type HubProgram, hubProgram } from "../../../lib/cli/hub_program.ts";
import { resolveRequest } from "../../../lib/cli/hub_request.ts";
import { hubPaths } from "../../../lib/hub/hub_paths.ts";
import { residentBytes } from "../../helpers/resident.ts";
import { type Bench, output, startOnce } from "../bench.ts";
import type { Row } from "../harness.ts";
import { type BenchHub, startBenchHub } from "../hub_bench.ts";
import { bundle } from "./install.ts";
import { fanOut, fillUsedSessions, load, type WebServer, webYardstick } from "../web_bench.ts";

const SESSIONS = 20;
const CLIENTS = 200;
const EVENTS = 2_000;
/** How long the hub is left alone before its memory is measured, in milliseconds. */
const REST_MS = 1_000;
/** How often it is tried whether the hub answers, in milliseconds. */
const POLL_MS = 1;

/** The rows of the hub's web address. */
export function webRows(bench: Bench, stack: AsyncDisposableStack): Row[] {
  const start = () =>
    startBenchHub(bench, { hasWeb: true, fill: (database, work) => fillUsedSessions(database, work, SESSIONS) });
  const filled = startOnce(stack, start);
  const peers = new Map<string, () => Promise<WebServer>>();
  for (const script of ["fastify.cjs", "express.cjs"]) {
    peers.set(script, startOnce(stack, async () => webYardstick(bench, script, [await sessionsFile(await filled())])));
  }

  /** The same sessions for all servers. */
  async function sessionsFile(hub: BenchHub): Promise<string> {
    const file = `${bench.directory}/sessions.json`;
    const response = await fetch(`${hub.url}/api/sessions`, { headers: { Authorization: `Bearer ${hub.token}` } });
    await Deno.writeTextFile(file, await response.text());
    return file;
  }

  async function ourLoad() {
    const { url, token } = await filled();
    return await load(`${url}/api/sessions`, token);
  }

  async function theirRate(script: string): Promise<number> {
    const { url } = await peers.get(script)!();
    return (await load(`${url}/api/sessions`)).perSecond;
  }

  const listRow = (script: string, value: number): Row => ({
    name: `web: list of ${SESSIONS} sessions, beside ${script.replace(".cjs", "")}`,
    unit: "/s",
    limit: { kind: "atLeast", value, of: "ratio" },
    yardstick: { name: script.replace(".cjs", ""), measure: () => theirRate(script) },
    measure: async () => (await ourLoad()).perSecond,
  });

  async function ourFanOut(): Promise<number> {
    await using hub = await startBenchHub(bench, { hasWeb: true, events: EVENTS });
    await using client = await hub.connect();
    const { id } = await client.call("session.start", { path: hub.work });
    const where = { url: `${hub.url}/ws/dashboard`, clients: CLIENTS, events: EVENTS, token: hub.token };
    return await fanOut(where, () => client.call("prompt.send", { session_name: id, prompt: "go" }));
  }

  async function theirFanOut(): Promise<number> {
    await using server = await webYardstick(bench, "ws_fan_out.cjs", [String(EVENTS)]);
    const where = { url: server.url, clients: CLIENTS, events: EVENTS };
    return await fanOut(where, async () => await (await fetch(`${server.url}/go`)).body?.cancel());
  }

  async function idleMemory(): Promise<number> {
    await using hub = await start();
    // A hub that nobody has ever asked over HTTP has not loaded all of it.
    await sessionsFile(hub);
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    return residentBytes(hub.pid) / 1e6;
  }

  let file: Promise<string> | undefined;
  async function bundled(): Promise<HubProgram> {
    return { module: await (file ??= bundle(bench)), needsConfig: false, modules: "one file" };
  }

  const startRow = (name: string, program: () => Promise<HubProgram>): Row => ({
    name,
    unit: "ms",
    limit: { kind: "atMost", value: 150, of: "value" },
    measure: async () => await firstByte(bench, await program()),
  });

  return [
    listRow("fastify.cjs", 1.3),
    listRow("express.cjs", 2),
    {
      name: `web: list of ${SESSIONS} sessions, p99`,
      unit: "ms",
      limit: { kind: "atMost", value: 3, of: "value" },
      measure: async () => (await ourLoad()).p99,
    },
    {
      name: `web: ${EVENTS.toLocaleString("en")} events to ${CLIENTS} clients`,
      unit: "/s",
      limit: { kind: "atLeast", value: 1, of: "ratio" },
      yardstick: { name: "ws", measure: theirFanOut },
      measure: ourFanOut,
    },
    {
      name: "web: idle memory",
      unit: "MB",
      limit: { kind: "atMost", value: 75, of: "value" },
      measure: idleMemory,
    },
    startRow("web: start to first byte", () => Promise.resolve(hubProgram(true))),
    startRow("web: start to first byte, bundled", bundled),
  ];
}

/** Starts a hub as the launcher and services do, and returns how long it takes until it answers, in milliseconds. */
async function firstByte(bench: Bench, hub: HubProgram): Promise<number> {
  const home = await Deno.makeTempDir({ dir: bench.directory });
  const port = freePort();
  const { denoDir } = JSON.parse(await output([Deno.execPath(), "info", "--json"]));
  const request = {
    "state-dir": `${home}/state`,
    "daemon-socket": `${home}/none.sock`,
    listen: `127.0.0.1:${port}`,
  };
  const { config } = await resolveRequest(request);
  const paths = hubPaths({ stateDir: request["state-dir"] });
  const [program, ...args] = hubCommandLine({ paths, request, config, program: hub });
  const begin = performance.now();
  const child = new Deno.Command(program!, {
    args,
    env: { HOME: home, DENO_DIR: denoDir },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    while (!await answers(port)) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    return performance.now() - begin;
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    return await connection.read(new Uint8Array(1)) === 1;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

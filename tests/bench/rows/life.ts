import { type Row, timed } from "../harness.ts";
import { residentBytes } from "../../helpers/resident.ts";
import { type Bench, output, requestLine, waitForSocket } from "../bench.ts";
import { spawnFormat } from "./streams.ts";

const PING = requestLine(1, "server.ping");

/** Creates the rows of starting, spawning, idling and bridging. */
export function lifeRows(bench: Bench): Row[] {
  async function spawnRate(): Promise<number> {
    await using daemon = await bench.daemon();
    return (await bench.client(daemon.socket, ["spawns", "500", spawnFormat("true")]))["perSecond"]!;
  }

  async function loadedSpawnRate(): Promise<number> {
    await using daemon = await bench.daemon();
    for (let i = 0; i < 32; i++) {
      const args = ["-c", "head -c 16000000 /dev/zero; sleep 0.1; echo >&2; exec sleep 1000"];
      const line = requestLine(1, "process.spawn", { id: `held${i}`, command: "sh", args });
      await bench.client(daemon.socket, ["until", '"stderr"', line]);
    }
    return (await bench.client(daemon.socket, ["spawns", "500", spawnFormat("true")]))["perSecond"]!;
  }

  async function bareSpawnRate(): Promise<number> {
    return JSON.parse(await output(["node", new URL("../yardsticks/bare_spawn.cjs", import.meta.url).pathname, "500"]))
      .perSecond;
  }

  async function startToReady(): Promise<number> {
    const socket = bench.socketPath();
    const ms = await timed(() => output([...bench.claustrum, "serve", "--socket", socket], { SHELL: "/bin/true" }));
    await output([...bench.claustrum, "stop", "--socket", socket]);
    return ms;
  }

  async function withPm2<T>(work: (pm2: string, env: Record<string, string>) => Promise<T>): Promise<T> {
    const pm2 = `${await bench.packages()}/node_modules/.bin/pm2`;
    const env = { PM2_HOME: `${bench.directory}/pm2-${crypto.randomUUID()}` };
    try {
      return await work(pm2, env);
    } finally {
      await output([pm2, "kill", "--silent"], env);
    }
  }

  async function idleMemory(): Promise<number> {
    const socket = bench.socketPath();
    await output([...bench.claustrum, "serve", "--socket", socket], { SHELL: "/bin/true" });
    const { pid } = JSON.parse(await Deno.readTextFile(socket.replace("rpc.sock", "daemon.lock")));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const bytes = residentBytes(pid);
    await output([...bench.claustrum, "stop", "--socket", socket]);
    return bytes / 1e6;
  }

  const bridgeTo = (socket: string) => `exec:exec ${[...bench.claustrum, "bridge", "--socket", socket].join(" ")}`;
  const socatTo = (socket: string) => `exec:exec socat STDIO UNIX-CONNECT:${socket}`;

  async function first(target: (socket: string) => string): Promise<number> {
    await using daemon = await bench.daemon();
    return (await bench.client(target(daemon.socket), ["first", PING]))["seconds"]! * 1000;
  }

  async function roundTrip(target: (socket: string) => string): Promise<number> {
    await using daemon = await bench.daemon();
    return (await bench.client(target(daemon.socket), ["latency", "5000", PING, "\n"]))["p50"]!;
  }

  /** Measures a gigabyte from a raw source in place of a daemon, so that only the bridge is measured. */
  async function downstream(target: (socket: string) => string): Promise<number> {
    const socket = `${bench.directory}/down-${crypto.randomUUID()}.sock`;
    const source = new Deno.Command("socat", {
      args: [
        "-u",
        "-b",
        "262144",
        `EXEC:${[...bench.writer, "1000000000", "262144"].join(" ")}`,
        `UNIX-LISTEN:${socket}`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await waitForSocket(socket);
    const { seconds } = await bench.client(target(socket), ["drain"]);
    await source.status;
    return seconds! * 1000;
  }

  return [
    {
      name: "spawn to exit of true, 500 in turn",
      unit: "/s",
      limit: { kind: "atLeast", value: 0.6, of: "ratio" },
      yardstick: { name: "bare node", measure: bareSpawnRate },
      measure: spawnRate,
    },
    {
      name: "the same with 500 MB of replay held",
      unit: "/s",
      limit: { kind: "atLeast", value: 0.6, of: "ratio" },
      yardstick: { name: "the row above", measure: spawnRate },
      measure: loadedSpawnRate,
    },
    {
      name: "serve returns ready",
      unit: "ms",
      limit: { kind: "atMost", value: 0.25, of: "ratio" },
      yardstick: { name: "pm2 ping", measure: () => withPm2((pm2, env) => timed(() => output([pm2, "ping"], env))) },
      measure: startToReady,
    },
    {
      name: "idle memory",
      unit: "MB",
      limit: { kind: "atMost", value: 0.85, of: "ratio" },
      yardstick: {
        name: "pm2 daemon",
        measure: () =>
          withPm2(async (pm2, env) => {
            await output([pm2, "ping"], env);
            await new Promise((resolve) => setTimeout(resolve, 500));
            return residentBytes(Number(await Deno.readTextFile(`${env.PM2_HOME}/pm2.pid`))) / 1e6;
          }),
      },
      measure: idleMemory,
    },
    {
      name: "bridge: first reply after start",
      unit: "ms",
      limit: { kind: "atMost", value: 10, of: "ratio" },
      yardstick: { name: "socat", measure: () => first(socatTo) },
      measure: () => first(bridgeTo),
    },
    {
      name: "bridge: round trip p50",
      unit: "µs",
      limit: { kind: "atMost", value: 2.2, of: "ratio" },
      yardstick: { name: "socat", measure: () => roundTrip(socatTo) },
      measure: () => roundTrip(bridgeTo),
    },
    {
      name: "bridge: 1 GB downstream",
      unit: "ms",
      limit: { kind: "atMost", value: 1 / 0.9, of: "ratio" },
      yardstick: {
        name: "socat -b 8192",
        measure: () => downstream((socket) => `exec:exec socat -b 8192 STDIO UNIX-CONNECT:${socket}`),
      },
      measure: () => downstream(bridgeTo),
    },
  ];
}

import { connect } from "../../../lib/client/mod.ts";
import { Hosts } from "../../../lib/hub/hosts/hosts.ts";
import { Store } from "../../../lib/store/store.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { createLogger } from "../../../lib/system/log.ts";
import { connectLive } from "../../helpers/live_client.ts";
import { hasNats } from "../../helpers/nats_server.ts";
import { residentBytes } from "../../helpers/resident.ts";
import { hasSsh } from "../../helpers/ssh_server.ts";
import { waitFor } from "../../helpers/wait.ts";
import type { CatchUpFigures, SteadyFigures } from "../../nats_scale/measure.ts";
import { type Bench, MissingError, startOnce, TOKEN } from "../bench.ts";
import { median, type Row, timed } from "../harness.ts";
import {
  EVENTS,
  natsFigures,
  ownBytes,
  processesWith,
  rawLogins,
  sharedRuns,
  startFleet,
  timedAgent,
} from "../host_bench.ts";
import { type BenchHub, startBenchHub } from "../hub_bench.ts";

const HOSTS = 10;
/** The load on NATS, and for how many seconds it is measured each time. */
const LOAD = { hosts: 200, rate: 20, seconds: 10 };
const CAUGHT_UP = 100_000;
/** How long memory is given to settle, in milliseconds. */
const SETTLE_MS = 2_000;
const DEADLINE_MS = 120_000;

/** How long events take from the agent to the page, in milliseconds. */
interface Lags {
  readonly p50: number;
  readonly p99: number;
}

/** The rows of other machines, over SSH and over NATS. */
export function hostRows(bench: Bench, stack: AsyncDisposableStack): Row[] {
  const fleet = startOnce(stack, () => {
    if (!hasSsh()) throw new MissingError("ssh and sshd are not installed");
    return startFleet(bench, HOSTS);
  });
  const near = startOnce(stack, async () => await startNear());

  /** A hub that shows all hosts, with a session here and one on the first of them. */
  async function startNear() {
    const { bin, names, homes } = await fleet();
    await using starting = new AsyncDisposableStack();
    const hub = starting.use(
      await startBenchHub(bench, {
        program: await timedAgent(bench),
        hasWeb: true,
        env: { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` },
      }),
    );
    const client = starting.use(await hub.connect());
    await pause(SETTLE_MS);
    const before = residentBytes(hub.pid);
    for (const name of names) await client.call("hosts.add", { name, address: `ssh://${name}` });
    await waitFor("all hosts", async () => {
      return (await client.call("hosts.list", {})).every(({ state }) => state === "up");
    }, DEADLINE_MS);
    await pause(SETTLE_MS);
    const memory = { hub: (residentBytes(hub.pid) - before) / HOSTS / 1e6, ssh: sshMemory(hub) };
    const own = await client.call("session.start", { path: hub.work });
    const far = await client.call("session.start", { path: homes[0]!, trust: true, host: names[0]! });
    const all = starting.move();
    return { hub, client, memory, own: own.id, far: far.id, [Symbol.asyncDispose]: () => all.disposeAsync() };
  }

  /** What the processes of `ssh` occupy here for a host, in megabytes. */
  function sshMemory({ state }: BenchHub): number {
    const pids = processesWith(`${state}/hosts/`).filter(isSsh);
    return pids.reduce((sum, pid) => sum + ownBytes(pid), 0) / HOSTS / 1e6;
  }

  /** How long it takes until all hosts are up, whose hubs run already. */
  async function tenUp(): Promise<number> {
    const { names, options } = await fleet();
    await using daemon = await bench.daemon();
    await using client = await connect({ socket: daemon.socket, token: TOKEN });
    using store = Store.open(":memory:");
    const directory = `${bench.directory}/up`;
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    for (const [slot, name] of names.entries()) {
      const facts = { name, line: "ssh", address: `ssh://${name}`, slot, addedAt: 0 };
      store.hosts.insert(facts);
    }
    const start = performance.now();
    await using hosts = new Hosts({
      ownName: "here",
      store,
      client: () => Promise.resolve(client),
      directory,
      sshOptions: options,
      clock: systemClock,
      log: createLogger({ level: "error", write: () => {} }),
    });
    await waitFor("all hosts", () => hosts.list().every(({ state }) => state === "up"), DEADLINE_MS);
    return performance.now() - start;
  }

  async function rawTen(): Promise<number> {
    const all = await fleet();
    return await timed(() => rawLogins(all, all.names));
  }

  async function rawOne(): Promise<number> {
    const all = await fleet();
    return await timed(() => rawLogins(all, all.names.slice(0, 1)));
  }

  /** How long events of a session take from the agent to the page's live connection. */
  async function lags(session: string): Promise<Lags> {
    const { hub, client } = await near();
    const { host, pathname } = new URL(`${hub.url}/ws/dashboard`);
    await using page = await connectLive(`ws://${host}${pathname}`, { authorization: `Bearer ${hub.token}` });
    page.send({ type: "subscribe", sessions: [session] });
    await page.message("the snapshot", ({ type, sessions }) => type === "snapshot" && sessions.length > 0);
    const times: number[] = [];
    let read = 0;
    await client.call("prompt.send", { session_name: session, prompt: "go" });
    // What is read later than it came is late by less than this loop waits.
    while (times.length < EVENTS) {
      const now = performance.timeOrigin + performance.now();
      for (; read < page.messages.length; read++) {
        const { type, event } = page.messages[read];
        if (type === "event" && event.type === "assistant") times.push(now - event.payload.written_ms);
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await waitFor("the end of the turn", async () => {
      return (await client.call("session.get", { session_name: session })).status === "idle";
    });
    return { p50: median(times), p99: times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]! };
  }

  const events = sharedRuns(async () => {
    const { own, far } = await near();
    return { own: await lags(own), far: await lags(far) };
  });

  async function backAfterKill(): Promise<number> {
    const { hub, client } = await near();
    const [master] = processesWith(`${hub.state}/hosts/0.ssh`).filter(isMaster);
    if (master === undefined) throw new Error("the ssh of the first host does not run");
    const isUp = async () => (await client.call("hosts.get", { host_name: "h0" })).state === "up";
    const start = performance.now();
    Deno.kill(master, "SIGKILL");
    await waitFor("the loss", async () => !await isUp(), DEADLINE_MS);
    await waitFor("the host", isUp, DEADLINE_MS);
    return performance.now() - start;
  }

  const nats = (isBare: boolean) => async () => {
    if (!hasNats()) throw new MissingError("nats-server is not installed");
    const { hosts, rate, seconds } = LOAD;
    const load = ["--hosts", String(hosts), "--rate", String(rate), "--seconds", String(seconds)];
    return await natsFigures<SteadyFigures>("steady", [...load, ...(isBare ? ["--bare"] : [])]);
  };
  const [steady, bare] = [sharedRuns(nats(false)), sharedRuns(nats(true))];

  async function caughtUp(): Promise<number> {
    if (!hasNats()) throw new MissingError("nats-server is not installed");
    return (await natsFigures<CatchUpFigures>("catchUp", ["--events", String(CAUGHT_UP)])).ms;
  }

  const ms = "ms";
  const bareName = "a bare subscription";
  return [
    row("hosts: ten over ssh are up", ms, 1_500, tenUp, { name: "ten bare ssh logins at once", measure: rawTen }),
    row("hosts: far event on the page, p50 behind", ms, 5, events(({ own, far }) => far.p50 - own.p50), {
      name: "a local event",
      measure: events(({ own }) => own.p50),
    }),
    row("hosts: far event on the page, p99 behind", ms, 30, events(({ own, far }) => far.p99 - own.p99), {
      name: "a local event",
      measure: events(({ own }) => own.p99),
    }),
    row("hosts: local ssh memory a host", "MB", 2.5, async () => (await near()).memory.ssh),
    row("hosts: hub memory a host", "MB", 2, async () => (await near()).memory.hub),
    row("hosts: back after a killed ssh", ms, 600, backAfterKill, { name: "a bare ssh login", measure: rawOne }),
    row("nats: 200 hosts × 20/s, p99 lag", ms, 20, steady(({ lagP99 }) => lagP99), {
      name: bareName,
      measure: bare(({ lagP99 }) => lagP99),
    }),
    row("nats: 200 hosts × 20/s, the reader", "%", 10, steady(({ readerPercent }) => readerPercent), {
      name: bareName,
      measure: bare(({ readerPercent }) => readerPercent),
    }),
    row("nats: 100,000 events caught up", ms, 1_000, caughtUp),
  ];
}

function row(name: string, unit: string, value: number, measure: Row["measure"], yardstick?: Row["yardstick"]): Row {
  const limit = { kind: "atMost", value, of: "value" } as const;
  return { name, unit, limit, measure, ...(yardstick === undefined ? {} : { yardstick }) };
}

function isSsh(pid: number): boolean {
  return Deno.readTextFileSync(`/proc/${pid}/comm`).trim() === "ssh";
}

function isMaster(pid: number): boolean {
  return isSsh(pid) && Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").includes("-M");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

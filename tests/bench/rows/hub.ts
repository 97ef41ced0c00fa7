import { agentArguments } from "../../../lib/agent/arguments.ts";
import { initializeLine, userLine } from "../../../lib/agent/requests.ts";
import { residentBytes } from "../../helpers/resident.ts";
import { waitFor } from "../../helpers/wait.ts";
import { type Bench, MissingError, startOnce } from "../bench.ts";
import { median, type Row, timed } from "../harness.ts";
import { agentEnvironment, type BenchHub, fastAgent, fillStore, startBenchHub } from "../hub_bench.ts";

const SESSIONS = 1_000;
const EVENTS = 2_000_000;
const STREAMED = 100_000;
const PROMPTS = 300;
const LIVE = 40;

/** The rows of the hub and its sessions. */
export function hubRows(bench: Bench, stack: AsyncDisposableStack): Row[] {
  const large = startOnce(
    stack,
    () => startBenchHub(bench, { fill: (database, work) => fillStore(database, work, SESSIONS, EVENTS) }),
  );

  async function startSession(): Promise<number> {
    await using hub = await startBenchHub(bench, { program: await realAgent() });
    await using client = await hub.connect();
    return await timed(() => client.call("session.start", { path: hub.work }));
  }

  async function bareInitialize(): Promise<number> {
    const agent = await startBareAgent(await realAgent(), bench.directory);
    try {
      return await timed(() => agent.exchange(initializeLine("1"), "control_response"));
    } finally {
      await agent.end();
    }
  }

  /** How much later the first event comes through the hub than from the agent itself, in milliseconds. */
  async function added(pick: (times: number[]) => number): Promise<number> {
    await using hub = await startBenchHub(bench);
    const through = pick(await promptTimes(hub));
    const bare = pick(await barePromptTimes(await fastAgent(bench.directory), bench.directory));
    return through - bare;
  }

  async function streamRate(): Promise<number> {
    await using hub = await startBenchHub(bench, { events: STREAMED });
    await using client = await hub.connect();
    const { id } = await client.call("session.start", { path: hub.work });
    const followers = [countingFollower(hub), countingFollower(hub)];
    await Promise.all(followers.map(({ ready }) => ready));
    const ms = await timed(async () => {
      await client.call("prompt.send", { session_name: id, prompt: "go" });
      await Promise.all(followers.map(({ done }) => done));
    });
    return STREAMED / ms * 1_000;
  }

  async function idleMemory(): Promise<number> {
    await using hub = await startBenchHub(bench);
    return await settledMemory(hub) / 1e6;
  }

  async function stoppedMemory(): Promise<number> {
    await using empty = await startBenchHub(bench);
    await using full = await startBenchHub(bench, {
      fill: (database, work) => fillStore(database, work, SESSIONS, SESSIONS),
    });
    await using client = await full.connect();
    await client.call("sessions.list", {});
    return (await settledMemory(full) - await settledMemory(empty)) / SESSIONS / 1e3;
  }

  async function liveMemory(): Promise<number> {
    await using hub = await startBenchHub(bench);
    const before = await settledMemory(hub);
    await using client = await hub.connect();
    for (let i = 0; i < LIVE; i++) await client.call("session.start", { path: hub.work, prompt: "go" });
    return (await settledMemory(hub) - before) / LIVE / 1e6;
  }

  async function call(work: (client: Awaited<ReturnType<BenchHub["connect"]>>) => Promise<unknown>): Promise<number> {
    await using client = await (await large()).connect();
    const times: number[] = [];
    for (let i = 0; i < 10; i++) times.push(await timed(() => work(client)));
    return median(times);
  }

  const ms = "ms";
  return [
    {
      name: "hub: session start to idle",
      unit: ms,
      limit: { kind: "atMost", value: 1.25, of: "ratio" },
      yardstick: { name: "the bare CLI's initialize", measure: bareInitialize },
      measure: startSession,
    },
    row("hub: prompt to first event, p50 added", ms, "atMost", 5, () => added(median)),
    row("hub: prompt to first event, p99 added", ms, "atMost", 20, () => added(p99)),
    row("hub: events stored and followed twice", "/s", "atLeast", 20_000, streamRate),
    row("hub: idle memory", "MB", "atMost", 60, idleMemory),
    row("hub: memory for a stopped session", "kB", "atMost", 200, stoppedMemory),
    row("hub: memory for a live session", "MB", "atMost", 1, liveMemory),
    row("hub: start with 2 million events", ms, "atMost", 250, async () => await (await large()).restart()),
    row("hub: list 1,000 sessions", ms, "atMost", 20, () => call((client) => client.call("sessions.list", {}))),
    row(
      "hub: search 2 million events, common word",
      ms,
      "atMost",
      50,
      () => call((client) => client.call("events.search", { query: "common" })),
    ),
    row(
      "hub: search 2 million events, rare word",
      ms,
      "atMost",
      50,
      () => call((client) => client.call("events.search", { query: "word4711" })),
    ),
  ];
}

function row(
  name: string,
  unit: string,
  kind: "atMost" | "atLeast",
  value: number,
  measure: () => Promise<number>,
): Row {
  return { name, unit, limit: { kind, value, of: "value" }, measure };
}

function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
}

/** The real agent CLI: what starts there takes as long as for a user. */
async function realAgent(): Promise<string> {
  const program = Deno.env.get("CLAUDE_PROGRAM");
  if (program === undefined) throw new MissingError("set CLAUDE_PROGRAM to the path of the real agent CLI");
  return await Deno.realPath(program);
}

async function settledMemory({ pid }: BenchHub): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return residentBytes(pid);
}

async function promptTimes(hub: BenchHub): Promise<number[]> {
  await using client = await hub.connect();
  await using follower = await hub.connect();
  const { id } = await client.call("session.start", { path: hub.work });
  const times: number[] = [];
  let [sentAt, isIdle] = [0, true];
  const end = new AbortController();
  const following = (async () => {
    for await (const message of follower.follow({ sessions: [id], signal: end.signal })) {
      if (message.type !== "event") continue;
      if (message.event.type === "assistant") times.push(performance.now() - sentAt);
      if (message.event.type === "status") isIdle = message.event.subtype === "idle";
    }
  })();
  for (let i = 0; i < PROMPTS; i++) {
    isIdle = false;
    sentAt = performance.now();
    await client.call("prompt.send", { session_name: id, prompt: "go" });
    await waitFor("the answer", () => times.length > i && isIdle);
  }
  end.abort();
  await following;
  return times;
}

async function barePromptTimes(program: string, directory: string): Promise<number[]> {
  const agent = await startBareAgent(program, directory);
  await agent.exchange(initializeLine("1"), "control_response");
  const times: number[] = [];
  for (let i = 0; i < PROMPTS; i++) {
    const line = userLine({ uuid: crypto.randomUUID(), content: "go" });
    times.push(await timed(() => agent.exchange(line, '"assistant"')));
    await agent.until('"result"');
  }
  await agent.end();
  return times;
}

interface BareAgent {
  /** Writes a line, and waits for a word in the output. */
  exchange(line: string, word: string): Promise<void>;
  until(word: string): Promise<void>;
  end(): Promise<void>;
}

/** Starts an agent without a hub. */
async function startBareAgent(program: string, directory: string): Promise<BareAgent> {
  const home = await Deno.makeTempDir({ dir: directory });
  const child = new Deno.Command(program, {
    args: agentArguments({ claudeSessionId: crypto.randomUUID(), extra: [] }),
    cwd: home,
    env: { HOME: home, ...agentEnvironment() },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (word: string) => {
    while (!text.includes(word)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the agent ended before it printed ${word}`);
      text += value;
    }
  };
  return {
    async exchange(line, word) {
      text = "";
      await writer.write(new TextEncoder().encode(line));
      await until(word);
    },
    until,
    async end() {
      await writer.close();
      while (!(await reader.read()).done);
      await child.status;
    },
  };
}

/** A follower that only counts: it costs less than what is measured. */
function countingFollower(
  { socket, token }: BenchHub,
): { readonly ready: Promise<void>; readonly done: Promise<void> } {
  const ready = Promise.withResolvers<void>();
  const done = (async () => {
    using connection = await Deno.connect({ transport: "unix", path: socket });
    const request = { jsonrpc: "2.0", id: 1, method: "session.follow", params: {}, auth: token };
    await connection.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    const buffer = new Uint8Array(1 << 18);
    const decoder = new TextDecoder();
    let end = "";
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      ready.resolve();
      end = (end + decoder.decode(buffer.subarray(0, n), { stream: true })).slice(-400_000);
      if (end.includes('"type":"result"')) return;
    }
    throw new Error(`the hub closed the connection of a follower: ${end.slice(-300)}`);
  })();
  return { ready: ready.promise, done };
}

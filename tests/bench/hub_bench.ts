/**
 * What the rows of the hub measure with: a daemon, a hub, a fast agent, and a store of a size that takes years to fill.
 *
 * @module
 */

import { connectHub } from "../../lib/hub/connect_hub.ts";
import type { HubClient } from "../../lib/hub/hub_client.ts";
import { newRecord } from "../../lib/sessions/record.ts";
import { Store } from "../../lib/store/store.ts";
import { readLockRecord } from "../../lib/system/lock_file.ts";
import { type Bench, output } from "./bench.ts";

/** An agent that costs nearly nothing: what it prints is prepared before it is ready. */
const AGENT = `#!/usr/bin/env python3
import json, os, sys
event = json.dumps({"type": "assistant", "message": {"role": "assistant", "content": [{"type": "text", "text": "word " * 40}]}}) + "\\n"
result = json.dumps({"type": "result", "subtype": "success", "is_error": False, "result": "done"}) + "\\n"
count = int(os.environ.get("BENCH_EVENTS", "1"))
answer = (event * count + result).encode()
out = sys.stdout.buffer
for line in sys.stdin.buffer:
    message = json.loads(line)
    if message["type"] == "control_request":
        reply = {"type": "control_response", "response": {"subtype": "success", "request_id": message["request_id"], "response": {}}}
        out.write((json.dumps(reply) + "\\n").encode())
    else:
        out.write(answer)
    out.flush()
`;

/** A hub in the background, with a home directory of its own. */
export interface BenchHub extends AsyncDisposable {
  /** A directory that agents may work in. */
  readonly work: string;
  /** The directory of the hub's files. */
  readonly state: string;
  /** The hub's process id. */
  readonly pid: number;
  /** The hub's socket. */
  readonly socket: string;
  /** The hub's token. */
  readonly token: string;
  /** The hub's web address; empty if it has none. */
  readonly url: string;
  /** Connects to the hub. */
  connect(): Promise<HubClient>;
  /** Stops the hub and starts it again; returns how long the start took, in milliseconds. */
  restart(): Promise<number>;
}

/** Options of {@linkcode startBenchHub}. */
export interface BenchHubOptions {
  /** How many events the agent prints for a prompt. @default {1} */
  readonly events?: number;
  /** The agent's program. @default {an agent that costs nearly nothing} */
  readonly program?: string;
  /** Fills the store before the first start. */
  readonly fill?: (database: string, work: string) => void;
  /** Whether it has a web address. @default {false} */
  readonly hasWeb?: boolean;
  /** Whether the directory that agents may work in is a project, `work`. @default {false} */
  readonly hasProjects?: boolean;
  /** The directory of the projects. @default {the home directory if it has projects, else none} */
  readonly projects?: string;
  /** Further environment variables. @default {none} */
  readonly env?: Readonly<Record<string, string>>;
}

/** Writes the program of the fast agent, and returns its path. */
export async function fastAgent(directory: string): Promise<string> {
  const program = `${directory}/fast-agent`;
  await Deno.writeTextFile(program, AGENT, { mode: 0o755 });
  return program;
}

/** The variables of an agent; the real one would try to reach servers that a benchmark does not have. */
export function agentEnvironment(events = 1): Record<string, string> {
  return {
    BENCH_EVENTS: String(events),
    ANTHROPIC_API_KEY: "none",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:9",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
  };
}

/** Starts a hub and the daemon below it. */
export async function startBenchHub(bench: Bench, options: BenchHubOptions = {}): Promise<BenchHub> {
  const home = `${bench.directory}/hub-${crypto.randomUUID().slice(0, 8)}`;
  const [work, state] = [`${home}/work`, `${home}/state`];
  await Deno.mkdir(work, { recursive: true });
  await Deno.mkdir(state, { mode: 0o700 });
  const { events = 1, program = await fastAgent(home), fill, hasWeb = false, hasProjects = false } = options;
  const { projects = hasProjects ? home : undefined } = options;
  const trusted = { projects: { [work]: { hasTrustDialogAccepted: true } }, hasCompletedOnboarding: true };
  await Deno.writeTextFile(`${home}/.claude.json`, JSON.stringify(trusted));
  const socket = `${home}/rpc.sock`;
  const config = `${home}/hub.toml`;
  const toml = [
    `daemon.socket = ${JSON.stringify(socket)}`,
    `agent.binary = ${JSON.stringify(program)}`,
    `agent.env = { ${
      Object.entries(agentEnvironment(events)).map(([name, value]) => `${name} = "${value}"`).join(", ")
    } }`,
    "sessions.max = 0",
    ...(projects === undefined ? [] : [`projects.root = ${JSON.stringify(projects)}`]),
  ];
  await Deno.writeTextFile(config, toml.join("\n"));
  fill?.(`${state}/hub.db`, work);
  const env = { HOME: home, SHELL: "/bin/true", DENO_DIR: await denoDirectory(), ...options.env };
  const hub = (...args: string[]) => output([...bench.claustrum, "hub", ...args, "--state-dir", state], env);
  const web = hasWeb ? ["--listen", "127.0.0.1:0"] : ["--no-web"];
  const start = () => hub("start", "--json", ...web, "--config", config);
  const { url = "" }: { url?: string } = JSON.parse(await start());
  const pid = () => readLockRecord(`${state}/hub.lock`)!.pid;
  const token = (await Deno.readTextFile(`${state}/hub.token`)).trim();
  return {
    work,
    state,
    get pid() {
      return pid();
    },
    socket: `${state}/hub.sock`,
    token,
    url,
    connect: () => connectHub({ socket: `${state}/hub.sock`, token }),
    async restart() {
      await hub("stop");
      const begin = performance.now();
      await start();
      return performance.now() - begin;
    },
    async [Symbol.asyncDispose]() {
      await hub("stop", "--sessions");
      await output([...bench.claustrum, "stop", "--yes", "--socket", socket], env);
    },
  };
}

async function denoDirectory(): Promise<string> {
  return JSON.parse(await output([Deno.execPath(), "info", "--json"])).denoDir;
}

/** Fills a store with stopped sessions and their events. */
export function fillStore(database: string, path: string, sessions: number, events: number): void {
  using store = Store.open(database);
  const ids = Array.from({ length: sessions }, (_, i) => {
    const record = newRecord({
      id: crypto.randomUUID(),
      name: `session-${i}`,
      path,
      createdAt: Date.now() - 1_000 * (sessions - i),
      claudeSessionId: crypto.randomUUID(),
      origin: { kind: "new" },
      chosenModel: null,
      permissionMode: "default",
      policy: "ask",
      claudeArgs: [],
    });
    const { id, name, createdAt } = record;
    const row = { id, name, path, status: "stopped", created_at: createdAt, updated_at: createdAt };
    store.sessions.insert({ ...row, data: JSON.stringify(record) });
    return id;
  });
  for (let start = 0; start < events; start += 1_000) {
    store.transaction(() => {
      for (let i = start; i < Math.min(events, start + 1_000); i++) appendEvent(store, ids[i % sessions]!, i, sessions);
    });
  }
}

function appendEvent(store: Store, session: string, i: number, sessions: number): void {
  const text = `word${i % 9973} common ${i} some more words that people and agents say to each other`;
  const message = { role: "assistant", content: [{ type: "text", text }] };
  store.events.append({
    session,
    seq: Math.floor(i / sessions) + 1,
    at: 1_700_000_000_000 + i,
    type: "assistant",
    uuid: crypto.randomUUID(),
    payload: JSON.stringify({ type: "assistant", message }),
    text,
  });
}

/**
 * What the rows of hosts measure with: ten home directories behind ten SSH servers, an `ssh` that finds them, agents that
 * say when they have said something, and figures that several rows share.
 *
 * @module
 */

import { type FarHost, farHost } from "../helpers/far_host.ts";
import { type Bench, output } from "./bench.ts";

const LISTEN = new URL("../nats_scale/main.ts", import.meta.url).pathname;

/** An agent that answers a prompt with events, a few milliseconds apart, each of which tells when it was written. */
const AGENT = `#!/usr/bin/env python3
import json, os, sys, time
out = sys.stdout.buffer
def say(message):
    out.write((json.dumps(message) + "\\n").encode())
    out.flush()
for line in sys.stdin.buffer:
    message = json.loads(line)
    if message["type"] == "control_request":
        say({"type": "control_response", "response": {"subtype": "success", "request_id": message["request_id"], "response": {}}})
        continue
    for i in range(300):
        say({"type": "assistant", "message": {"role": "assistant", "content": [{"type": "text", "text": "word " * 20}]}, "written_ms": time.time() * 1000})
        time.sleep(0.004)
    say({"type": "result", "subtype": "success", "is_error": False, "result": "done"})
`;

/** How many events the agent makes for a prompt. */
export const EVENTS = 300;

/** Machines that are reached over SSH by a name. */
export interface Fleet extends AsyncDisposable {
  /** Their names: `h0`, `h1` and so on. */
  readonly names: readonly string[];
  /** Their home directories. */
  readonly homes: readonly string[];
  /** A directory with an `ssh` that knows them. */
  readonly bin: string;
  /** The options with which `ssh` knows them. */
  readonly options: readonly string[];
}

/** Writes the program of the agent that tells when it has said something; returns its path. */
export async function timedAgent({ directory }: Bench): Promise<string> {
  const program = `${directory}/timed-agent`;
  await Deno.writeTextFile(program, AGENT, { mode: 0o755 });
  return program;
}

/** Starts SSH servers for home directories of their own; nothing of claustrum runs in them yet. */
export async function startFleet(bench: Bench, count: number): Promise<Fleet> {
  await using starting = new AsyncDisposableStack();
  const agent = await timedAgent(bench);
  const hosts: FarHost[] = [];
  for (let i = 0; i < count; i++) hosts.push(starting.use(await farHost({ agent })));
  const [config, bin] = [`${bench.directory}/ssh-config`, `${bench.directory}/ssh-bin`];
  await Deno.writeTextFile(config, hosts.map(entryOf).join(""));
  await Deno.mkdir(bin);
  await Deno.writeTextFile(`${bin}/ssh`, `#!/bin/sh\nexec /usr/bin/ssh -F '${config}' "$@"\n`, { mode: 0o755 });
  const all = starting.move();
  return {
    names: hosts.map((_, i) => `h${i}`),
    homes: hosts.map(({ home }) => home),
    bin,
    options: ["-F", config],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** The options of a host as an entry of a configuration. */
function entryOf({ port, options }: FarHost, i: number): string {
  const lines = [`Host h${i}`, "HostName 127.0.0.1", `Port ${port}`];
  for (const [at, option] of options.entries()) {
    if (option === "-i") lines.push(`IdentityFile ${options[at + 1]}`);
    if (option === "-o") lines.push(options[at + 1]!.replace("=", " "));
  }
  return `${lines.join("\n  ")}\n`;
}

/** Logs in to hosts with `ssh` itself, to all at once; returns when all have answered. */
export async function rawLogins({ options }: Fleet, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => output(["ssh", ...options, "-o", "BatchMode=yes", name, "true"])));
}

/** Returns the processes whose command line contains a text. */
export function processesWith(text: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    if (!Number.isSafeInteger(pid)) return false;
    try {
      return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(text);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

/** What a process occupies, with its share of what it has in common with others, in bytes. */
export function ownBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`))![1]) * 1024;
}

/** Runs `deno task nats-scale` for one kind of figures. */
export async function natsFigures<T>(kind: "steady" | "catchUp", args: readonly string[]): Promise<T> {
  const only = kind === "steady" ? "steady" : "catch-up";
  const command = [Deno.execPath(), "run", "-A", "--quiet", LISTEN, "--json", "--only", only, ...args];
  const [program, ...rest] = command as [string, ...string[]];
  // Its exit code says whether its own limits were kept, which the row decides here.
  const { stdout, stderr } = await new Deno.Command(program, { args: rest, stdin: "null" }).output();
  const text = new TextDecoder().decode(stdout).trim();
  if (text === "") throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(text)[kind];
}

/**
 * Lets several rows use what one run has measured: the n-th measurement of each row takes the n-th run.
 *
 * @param run Measures everything.
 */
export function sharedRuns<T>(run: () => Promise<T>): (pick: (run: T) => number) => () => Promise<number> {
  const runs: Promise<T>[] = [];
  return (pick) => {
    let next = 0;
    return async () => pick(await (runs[next++] ??= run()));
  };
}

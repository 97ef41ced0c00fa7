import { stop } from "../../client/stop.ts";
import { findRunning, type ListedProcess, NoAnswerError, type Running, stopGently } from "../../client/stop_gently.ts";
import { readLockRecord } from "../../system/lock_file.ts";
import type { RetiredDaemon } from "../../handover/retired_files.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { daemonPaths, defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { print, printError } from "../print.ts";
import { liveRetired, runningIn, stopRetired } from "../retired.ts";
import { describeLeft, describeStop, question } from "../stop_texts.ts";

/** How long processes may take to obey SIGTERM, in milliseconds. */
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES = 1024;

/** `claustrum -stop`: at once, and without a word. */
export async function stopClassic(socket: string): Promise<number> {
  const token = ownToken();
  await stop({ socket, ...(token === undefined ? {} : { token }) });
  return 0;
}

export default defineCommand({
  usage: "stop [--socket PATH] [--all] [--timeout D] [--yes]",
  about: `Ends the daemon and its processes: SIGTERM to each process group, then SIGKILL
to those that have not ended in time. On a terminal it asks first if processes
run. No daemon there is a success. A daemon that has retired keeps its processes
unless all are to stop. The token is the one in CLAUDE_RPC_TOKEN, else in
daemon.token beside the socket.`,
  flags: {
    ...SOCKET_FLAG,
    all: { kind: "boolean", help: "stop the daemons that have retired, too", isDestructive: true },
    timeout: { kind: "duration", value: "D", help: "how long processes may take to end (default 10s)" },
    yes: { kind: "boolean", short: "y", help: "do not ask" },
  },
  exitCodes: "0 no daemon serves any more, one that has retired may live on; 1 not stopped, or you said no; " +
    "2 wrong arguments",
  examples: ["claustrum stop", "claustrum stop --yes --timeout 30s", "ssh host claustrum stop", "claustrum stop --all"],
  async run({ flags: { socket = defaultSocket(), all, timeout = TIMEOUT_MS, yes } }) {
    const scene = await look(socket);
    if (!yes && isTerminal() && !await agrees(scene, all)) {
      printError("claustrum: nothing was stopped");
      return 1;
    }
    const hasStopped = [await stopServing(socket, timeout, scene)];
    if (all) hasStopped.push(...await Promise.all(scene.retired.map(({ daemon }) => stopOne(daemon, timeout))));
    else for (const { daemon, running } of scene.retired) printError(describeLeft(daemon.pid, running));
    return hasStopped.includes(false) ? 1 : 0;
  },
});

/** What is there to be stopped. */
interface Scene {
  /** The daemon that serves. */
  readonly serving: Running & { readonly pid: number | undefined } | undefined;
  /** Those that have retired; what they have running is not known while a daemon that does not answer relays to them. */
  readonly retired: readonly {
    readonly daemon: RetiredDaemon;
    readonly running: readonly ListedProcess[] | undefined;
  }[];
}

async function look(socket: string): Promise<Scene> {
  const paths = daemonPaths(socket);
  const ownPid = () => readLockRecord(paths.lock)?.pid;
  const found = await findRunning({ socket, token: ownToken() }).catch((error) => {
    if (!(error instanceof NoAnswerError)) throw error;
    throw new ClaustrumError(`${error.message}: see ${paths.log}, or end it with kill ${ownPid() ?? "and its pid"}`);
  });
  const retired = (await liveRetired(socket)).map(async (daemon) => {
    const relayed = found?.processes.filter((process) => process.daemon === daemon.pid);
    return { daemon, running: await runningIn(daemon) ?? relayed };
  });
  return {
    serving: found === undefined ? undefined : { ...found, pid: ownPid() },
    retired: await Promise.all(retired),
  };
}

/** Asks whether the processes may end, where there are any. */
async function agrees({ serving, retired }: Scene, all: boolean): Promise<boolean> {
  const own = serving?.keepsChildren === true ? [] : serving?.processes ?? [];
  const processes = [
    ...own.filter(({ daemon }) => daemon === undefined),
    ...(all ? retired.flatMap(({ running }) => running ?? []) : []),
  ];
  if (processes.length === 0) return true;
  const pids = [
    ...(serving?.pid === undefined ? [] : [serving.pid]),
    ...(all ? retired.map(({ daemon }) => daemon.pid) : []),
  ];
  await Deno.stderr.write(new TextEncoder().encode(question(pids, processes)));
  const buffer = new Uint8Array(ANSWER_BYTES);
  const n = await Deno.stdin.read(buffer);
  if (n === null) printError(""); // the cursor is still behind the question
  return /^y(es)?$/i.test(new TextDecoder().decode(buffer.subarray(0, n ?? 0)).trim());
}

function isTerminal(): boolean {
  return Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

/** Whether the daemon that serves has stopped, or there is none. */
async function stopServing(socket: string, timeoutMs: number, { serving }: Scene): Promise<boolean> {
  const report = await stopGently({ socket, token: ownToken() }, timeoutMs);
  if (report === undefined) return true;
  print(describeStop({ kind: "daemon", pid: serving?.pid }, report));
  return report.hasStopped;
}

async function stopOne(daemon: RetiredDaemon, timeoutMs: number): Promise<boolean> {
  const report = await stopRetired(daemon, timeoutMs);
  if (report === undefined) return true;
  print(describeStop({ kind: "retired daemon", pid: daemon.pid }, report));
  return report.hasStopped;
}

function ownToken(): string | undefined {
  return Deno.env.get("CLAUDE_RPC_TOKEN") || undefined;
}

import { stop } from "../../client/stop.ts";
import { findRunning, type ListedProcess, NoAnswerError, type Running, stopGently } from "../../client/stop_gently.ts";
import { resolveSettings } from "../../config/config_file.ts";
import type { Settings } from "../../config/settings.ts";
import { GENERATIONS } from "../../contract/generation.ts";
import { readLockRecord } from "../../system/lock_file.ts";
import type { RetiredDaemon } from "../../handover/retired_files.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { daemonPaths, defaultSocket } from "../../system/paths.ts";
import { defineCommand, settingFlag, SOCKET_FLAG } from "../command.ts";
import { print, printError, printMessage, printText } from "../print.ts";
import { listRunning, liveRetiredDaemons, stopRetired } from "../retired_daemons.ts";
import { confirmationPrompt, describeStillRunning, describeStop } from "../stop_messages.ts";

/** How long processes may take to end after SIGTERM, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 10_000;
/** The size of the buffer for the answer of the user. */
const ANSWER_BYTES = 1024;

/**
 * Runs `claustrum -stop`, which kills all processes at once. It prints nothing, unless the generation of the contract says
 * that it tells what has become of the daemon.
 */
export async function stopClassic(socket: string, settings: Partial<Settings>): Promise<number> {
  const token = ownToken();
  const { contract } = await resolveSettings(settings, printMessage);
  if (GENERATIONS[contract].stopTells) {
    const { stopTelling } = await import("../stop_telling.ts");
    print(await stopTelling({ socket, token }));
    return 0;
  }
  await stop({ socket, ...(token === undefined ? {} : { token }) });
  return 0;
}

export default defineCommand({
  usage: "stop [--socket PATH] [--all] [--timeout D] [--yes]",
  about: `Stops the daemon and its processes: sends SIGTERM to each process group, and SIGKILL
after the timeout. On a terminal it asks first if processes are running. It succeeds
if no daemon is running. Retired daemons and their processes keep running unless
--all is given. The token is read from CLAUDE_RPC_TOKEN, or else from daemon.token
beside the socket.`,
  flags: {
    ...SOCKET_FLAG,
    all: { kind: "boolean", help: "also stop retired daemons", isDestructive: true },
    timeout: { kind: "duration", value: "D", help: "time to wait before SIGKILL (default 10s)" },
    yes: { kind: "boolean", short: "y", help: "do not ask for confirmation" },
    contract: settingFlag("contract"),
  },
  exitCodes: "0 no daemon serves any more; 1 not stopped or not confirmed; 2 wrong arguments",
  examples: ["claustrum stop", "claustrum stop --yes --timeout 30s", "ssh host claustrum stop", "claustrum stop --all"],
  async run({ flags: { socket = defaultSocket(), all, timeout = DEFAULT_TIMEOUT_MS, yes } }) {
    const found = await findDaemons(socket);
    if (!yes && isTerminal() && !await isConfirmed(found, all)) {
      printMessage("nothing was stopped");
      return 1;
    }
    const hasStopped = [await stopServing(socket, timeout, found)];
    if (all) hasStopped.push(...await Promise.all(found.retired.map(({ daemon }) => stopOneRetired(daemon, timeout))));
    else for (const { daemon, running } of found.retired) printError(describeStillRunning(daemon.pid, running));
    return hasStopped.includes(false) ? 1 : 0;
  },
});

/** The daemons at a socket. */
interface FoundDaemons {
  /** The daemon that serves, if there is one. */
  readonly serving: Running & { readonly pid: number | undefined } | undefined;
  /** The retired daemons. Their processes are unknown while they are relayed by a daemon that does not answer. */
  readonly retired: readonly {
    readonly daemon: RetiredDaemon;
    readonly running: readonly ListedProcess[] | undefined;
  }[];
}

async function findDaemons(socket: string): Promise<FoundDaemons> {
  const paths = daemonPaths(socket);
  const ownPid = () => readLockRecord(paths.lock)?.pid;
  const answer = await findRunning({ socket, token: ownToken() }).catch((error) => {
    if (!(error instanceof NoAnswerError)) throw error;
    throw new ClaustrumError(`${error.message}: see ${paths.log}, or end it with kill ${ownPid() ?? "and its pid"}`);
  });
  const retired = (await liveRetiredDaemons(socket)).map(async (daemon) => {
    const relayed = answer?.processes.filter((process) => process.daemon === daemon.pid);
    return { daemon, running: await listRunning(daemon) ?? relayed };
  });
  return {
    serving: answer === undefined ? undefined : { ...answer, pid: ownPid() },
    retired: await Promise.all(retired),
  };
}

/** Asks the user whether the running processes may end. It does not ask if none is running. */
async function isConfirmed({ serving, retired }: FoundDaemons, all: boolean): Promise<boolean> {
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
  await Deno.stderr.write(new TextEncoder().encode(confirmationPrompt(pids, processes)));
  const buffer = new Uint8Array(ANSWER_BYTES);
  const n = await Deno.stdin.read(buffer);
  if (n === null) printError(""); // end the line of the question
  return /^y(es)?$/i.test(new TextDecoder().decode(buffer.subarray(0, n ?? 0)).trim());
}

function isTerminal(): boolean {
  return Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

/** Stops the daemon that serves. Returns whether none serves any more. */
async function stopServing(socket: string, timeoutMs: number, { serving }: FoundDaemons): Promise<boolean> {
  const report = await stopGently({ socket, token: ownToken() }, timeoutMs);
  if (report === undefined) return true;
  printText(describeStop({ kind: "daemon", pid: serving?.pid }, report));
  return report.hasStopped;
}

async function stopOneRetired(daemon: RetiredDaemon, timeoutMs: number): Promise<boolean> {
  const report = await stopRetired(daemon, timeoutMs);
  if (report === undefined) return true;
  printText(describeStop({ kind: "retired daemon", pid: daemon.pid }, report));
  return report.hasStopped;
}

function ownToken(): string | undefined {
  return Deno.env.get("CLAUDE_RPC_TOKEN") || undefined;
}

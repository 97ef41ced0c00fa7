import { readLockRecord } from "../../system/lock_file.ts";
import { errnoCode } from "../../system/errno.ts";
import { isPermissionMissing } from "../../system/permissions.ts";
import { daemonPaths, defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import type { RetiredDaemon } from "../../handover/retired_files.ts";
import type { Result } from "../../rpc/method_types.ts";
import { describeRetired, liveRetired, retiredSeconds } from "../retired.ts";
import { connectToDaemon, NoDaemonError } from "../daemon_client.ts";
import { formatBytes, formatSeconds } from "../progress_bar.ts";
import { print } from "../print.ts";

const DOWN = 3;

export default defineCommand({
  usage: "status [--socket PATH] [--json]",
  about: "Tells whether the daemon is up, and what it has to do.",
  flags: { ...SOCKET_FLAG, json: { kind: "boolean", help: "print it as JSON" } },
  exitCodes: "0 it is up, 1 it did not tell, 2 wrong arguments, 3 it is not up",
  examples: ["claustrum status", "claustrum status --json"],
  async run({ flags: { socket = defaultSocket(), json } }) {
    try {
      await using client = await connectToDaemon(socket);
      const [{ version }, { processes }] = await Promise.all([
        client.call("server.version"),
        client.call("process.list"),
      ]);
      const retired = await liveRetired(socket);
      const record = unlessDenied(() => readLockRecord(daemonPaths(socket).lock));
      const running = processes.filter((process) => process.running).length;
      const facts = {
        up: true,
        socket,
        version,
        pid: record?.pid,
        uptimeSeconds: record === undefined
          ? undefined
          : Math.floor((Date.now() - Date.parse(record.startedAt)) / 1000),
        running,
        exited: processes.length - running,
        connections: record === undefined ? undefined : unlessDenied(() => countConnections(socket, record.pid)),
        replayBytes: heldBytes(processes),
        ...unlessEmpty(retired.map((daemon) => describeHeld(daemon, processes))),
      };
      print(json ? JSON.stringify(facts) : describe(facts));
      return 0;
    } catch (error) {
      if (!(error instanceof NoDaemonError)) throw error;
      const retired = await liveRetired(socket);
      if (json) print(JSON.stringify({ up: false, socket, ...unlessEmpty(retired.map(({ pid }) => ({ pid }))) }));
      else {print([
          error.message,
          ...retired.map((daemon) => `  retired      ${describeRetired(daemon)}`),
        ].join("\n"));}
      return DOWN;
    }
  },
});

type Processes = Result<"process.list">["processes"];

/** A daemon that has retired, and what it keeps. */
interface Held {
  readonly pid: number;
  readonly retiredSeconds: number;
  readonly running: number;
  readonly exited: number;
  readonly replayBytes: number;
}

function describeHeld(daemon: RetiredDaemon, processes: Processes): Held {
  const own = processes.filter((process) => process.daemon === daemon.pid);
  const running = own.filter((process) => process.running).length;
  const held = { running, exited: own.length - running, replayBytes: heldBytes(own) };
  return { pid: daemon.pid, retiredSeconds: retiredSeconds(daemon), ...held };
}

function heldBytes(processes: Processes): number {
  return processes.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0);
}

interface Facts {
  readonly socket: string;
  readonly version: string;
  readonly pid: number | undefined;
  readonly uptimeSeconds: number | undefined;
  readonly running: number;
  readonly exited: number;
  readonly connections: number | undefined;
  readonly replayBytes: number;
  readonly retired?: readonly Held[];
}

function unlessEmpty<T>(retired: readonly T[]): { readonly retired?: readonly T[] } {
  return retired.length === 0 ? {} : { retired };
}

function describe(facts: Facts): string {
  const { socket, version, pid, uptimeSeconds, running, exited, connections, replayBytes, retired = [] } = facts;
  const rows = [
    `up on ${socket}, ${version}`,
    ...(pid === undefined ? [] : [`  pid          ${pid}`]),
    ...(uptimeSeconds === undefined ? [] : [`  up for       ${formatSeconds(uptimeSeconds)}`]),
    `  processes    ${running} running, ${exited} ended`,
    ...(connections === undefined ? [] : [`  connections  ${connections}`]),
    `  held         ${formatBytes(replayBytes)} for those who come back`,
    ...retired.map((one) =>
      `  retired      pid ${one.pid} ${formatSeconds(one.retiredSeconds)} ago, ` +
      `has ${one.running} running, ${one.exited} ended, ${formatBytes(one.replayBytes)}`
    ),
  ];
  return rows.join("\n");
}

/**
 * Connected sockets of the daemon beside its path, this command's own apart; `undefined` where the system does not
 * tell. The system knows them by the name that the socket was bound with.
 */
function countConnections(socket: string, pid: number): number | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const CONNECTED = "03";
  const own = socketsOf(pid);
  const lines = Deno.readTextFileSync("/proc/net/unix").split("\n").map((line) => line.trim().split(/\s+/));
  const directory = `${daemonPaths(socket).directory}/`;
  const isOurs = ([, , , , , state, inode = "", path = ""]: string[]) =>
    state === CONNECTED && own.has(inode) && path.startsWith(directory);
  return Math.max(0, lines.filter(isOurs).length - 1);
}

/** What a look gives; `undefined` when the system keeps it from us. */
function unlessDenied<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errnoCode(error) === undefined && !isPermissionMissing(error)) throw error;
    return undefined;
  }
}

/** The inodes of a process's sockets. */
function socketsOf(pid: number): Set<string> {
  const inodes = new Set<string>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    const target = tryReadLink(`/proc/${pid}/fd/${name}`);
    if (target?.startsWith("socket:[")) inodes.add(target.slice("socket:[".length, -1));
  }
  return inodes;
}

function tryReadLink(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined; // closed meanwhile
    throw error;
  }
}

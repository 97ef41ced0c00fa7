import { type LockRecord, readLockRecord } from "../../system/lock_file.ts";
import { errnoCode } from "../../system/errno.ts";
import { isPermissionMissing } from "../../system/permissions.ts";
import { daemonPaths, defaultSocket } from "../../system/paths.ts";
import { countUnixConnections } from "../../system/proc_linux.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import type { RetiredDaemon } from "../../handover/retired_files.ts";
import type { Result } from "../../rpc/method_types.ts";
import { describeRetired, liveRetiredDaemons, secondsSinceRetired } from "../retired_daemons.ts";
import { connectToDaemon, NoDaemonError } from "../daemon_client.ts";
import { formatBytes, formatSeconds } from "../progress_bar.ts";
import { print } from "../print.ts";

/** The exit code if no daemon is running. */
const NOT_RUNNING = 3;

export default defineCommand({
  usage: "status [--socket PATH] [--json]",
  about: "Shows whether the daemon is running, and its processes, connections and buffers.",
  flags: { ...SOCKET_FLAG, json: { kind: "boolean", help: "print the result as JSON" } },
  exitCodes: "0 running, 1 status not available, 2 wrong arguments, 3 not running",
  examples: ["claustrum status", "claustrum status --json"],
  async run({ flags: { socket = defaultSocket(), json } }) {
    try {
      await using client = await connectToDaemon(socket);
      const [{ version }, { processes }] = await Promise.all([
        client.call("server.capabilities"),
        client.call("process.list"),
      ]);
      const retired = await liveRetiredDaemons(socket);
      const record = tryReadLockRecord(daemonPaths(socket).lock);
      const running = processes.filter((process) => process.running).length;
      const status = {
        up: true,
        socket,
        version,
        pid: record?.pid,
        uptimeSeconds: record === undefined
          ? undefined
          : Math.floor((Date.now() - Date.parse(record.startedAt)) / 1000),
        running,
        exited: processes.length - running,
        connections: record === undefined ? undefined : countConnections(socket, record.pid),
        replayBytes: totalBufferedBytes(processes),
        ...unlessEmpty(retired.map((daemon) => statusOfRetired(daemon, processes))),
      };
      print(json ? JSON.stringify(status) : formatStatus(status));
      return 0;
    } catch (error) {
      if (!(error instanceof NoDaemonError)) throw error;
      const retired = await liveRetiredDaemons(socket);
      if (json) print(JSON.stringify({ up: false, socket, ...unlessEmpty(retired.map(({ pid }) => ({ pid }))) }));
      else {print([
          error.message,
          ...retired.map((daemon) => `  retired      ${describeRetired(daemon)}`),
        ].join("\n"));}
      return NOT_RUNNING;
    }
  },
});

type Processes = Result<"process.list">["processes"];

/** The status of a retired daemon. */
interface RetiredStatus {
  readonly pid: number;
  readonly retiredSeconds: number;
  readonly running: number;
  readonly exited: number;
  readonly replayBytes: number;
}

function statusOfRetired(daemon: RetiredDaemon, processes: Processes): RetiredStatus {
  const own = processes.filter((process) => process.daemon === daemon.pid);
  const running = own.filter((process) => process.running).length;
  return {
    pid: daemon.pid,
    retiredSeconds: secondsSinceRetired(daemon),
    running,
    exited: own.length - running,
    replayBytes: totalBufferedBytes(own),
  };
}

function totalBufferedBytes(processes: Processes): number {
  return processes.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0);
}

/** The status of the daemon that serves. */
interface DaemonStatus {
  readonly socket: string;
  readonly version: string;
  readonly pid: number | undefined;
  readonly uptimeSeconds: number | undefined;
  readonly running: number;
  readonly exited: number;
  readonly connections: number | undefined;
  readonly replayBytes: number;
  readonly retired?: readonly RetiredStatus[];
}

/** Leaves the member out if there is no retired daemon. */
function unlessEmpty<T>(retired: readonly T[]): { readonly retired?: readonly T[] } {
  return retired.length === 0 ? {} : { retired };
}

function formatStatus(status: DaemonStatus): string {
  const { socket, version, pid, uptimeSeconds, running, exited, connections, replayBytes, retired = [] } = status;
  const rows = [
    `up on ${socket}, ${version}`,
    ...(pid === undefined ? [] : [`  pid          ${pid}`]),
    ...(uptimeSeconds === undefined ? [] : [`  up for       ${formatSeconds(uptimeSeconds)}`]),
    `  processes    ${running} running, ${exited} ended`,
    ...(connections === undefined ? [] : [`  connections  ${connections}`]),
    `  buffered     ${formatBytes(replayBytes)} for reconnecting clients`,
    ...retired.map((one) =>
      `  retired      pid ${one.pid}, ${formatSeconds(one.retiredSeconds)} ago: ` +
      `${one.running} running, ${one.exited} ended, ${formatBytes(one.replayBytes)} buffered`
    ),
  ];
  return rows.join("\n");
}

/** Counts the connections of the daemon without the one of this command. */
function countConnections(socket: string, pid: number): number | undefined {
  const count = countUnixConnections(pid, `${daemonPaths(socket).directory}/`);
  return count === undefined ? undefined : Math.max(0, count - 1);
}

/** Reads the record of the daemon; `undefined` also if this program cannot read it. */
function tryReadLockRecord(path: string): LockRecord | undefined {
  try {
    return readLockRecord(path);
  } catch (error) {
    if (errnoCode(error) === undefined && !isPermissionMissing(error)) throw error;
    return undefined;
  }
}

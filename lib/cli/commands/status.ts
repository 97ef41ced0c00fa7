import { readLockRecord } from "../../daemon/lock.ts";
import { daemonPaths, defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon, NoDaemonError } from "../daemon_client.ts";
import { formatBytes, formatSeconds } from "../progress_bar.ts";

const DOWN = 3;

export default defineCommand({
  usage: "status [--socket PATH] [--json]",
  about: "Tells whether the daemon is up, and what it has to do.",
  flags: { ...SOCKET_FLAG, json: { kind: "boolean", help: "print it as JSON" } },
  exitCodes: "0 it is up, 1 it refused the token, 2 wrong arguments, 3 it is not up",
  examples: ["claustrum status", "claustrum status --json"],
  async run({ flags: { socket = defaultSocket(), json } }) {
    try {
      await using client = await connectToDaemon(socket);
      const [{ version }, { processes }] = await Promise.all([
        client.call("server.version"),
        client.call("process.list"),
      ]);
      const record = readLockRecord(daemonPaths(socket).lock);
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
        connections: countConnections(socket),
        replayBytes: processes.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0),
      };
      console.log(json ? JSON.stringify(facts) : describe(facts));
      return 0;
    } catch (error) {
      if (!(error instanceof NoDaemonError)) throw error;
      if (json) console.log(JSON.stringify({ up: false, socket }));
      else console.log(error.message);
      return DOWN;
    }
  },
});

interface Facts {
  readonly socket: string;
  readonly version: string;
  readonly pid: number | undefined;
  readonly uptimeSeconds: number | undefined;
  readonly running: number;
  readonly exited: number;
  readonly connections: number | undefined;
  readonly replayBytes: number;
}

function describe({ socket, version, pid, uptimeSeconds, running, exited, connections, replayBytes }: Facts): string {
  const rows = [
    `up on ${socket}, ${version}`,
    ...(pid === undefined ? [] : [`  pid          ${pid}`]),
    ...(uptimeSeconds === undefined ? [] : [`  up for       ${formatSeconds(uptimeSeconds)}`]),
    `  processes    ${running} running, ${exited} ended`,
    ...(connections === undefined ? [] : [`  connections  ${connections}`]),
    `  held         ${formatBytes(replayBytes)} for those who come back`,
  ];
  return rows.join("\n");
}

/** Connected sockets on the daemon's path, this command's own apart; `undefined` where the system does not tell. */
function countConnections(socket: string): number | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const CONNECTED = "03";
    const lines = Deno.readTextFileSync("/proc/net/unix").split("\n").map((line) => line.trim().split(/\s+/));
    return Math.max(0, lines.filter((fields) => fields[5] === CONNECTED && fields[7] === socket).length - 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

import type { Client } from "../../client/connect.ts";
import { RpcCallError } from "../../client/errors.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { callExtension } from "../daemon_extensions.ts";
import { printMessage } from "../print.ts";
import { chooseProcesses } from "../process_lookup.ts";
import { type ListedProcess, showId } from "../process_text.ts";

/** How long a process may take to obey SIGTERM, in milliseconds. */
const GRACE_MS = 3_000;
const ACTION = "restart a process";

export default defineCommand({
  usage: "restart ID… [--timeout D] [--socket PATH]",
  about: `Ends processes, with their groups, and starts them again with the same command, directory
and environment. Who is attached to them stays attached. A process that has ended is started anew,
and its old output is gone, except what is in its log.`,
  flags: {
    ...SOCKET_FLAG,
    timeout: { kind: "duration", value: "D", help: "time to wait before SIGKILL (default 3s)" },
  },
  exitCodes: "0 success; 1 no such process or daemon, or one could not be started; 2 wrong arguments",
  examples: ["claustrum restart web", "claustrum restart web worker --timeout 10"],
  arity: { least: 1, most: Infinity },
  completes: "processes",
  async run({ flags: { socket = defaultSocket(), timeout = GRACE_MS }, args }) {
    await using client = await connectToDaemon(socket);
    const { processes } = await client.call("process.list");
    const restarted = chooseProcesses(processes, args, { isTold: true });
    const done = await Promise.all(restarted.map((process) => restart(client, process, timeout)));
    return done.every((isStarted) => isStarted) ? 0 : 1;
  },
});

/** Restarts a process; returns `false`, and says why, if it cannot be started. */
async function restart(client: Client, process: ListedProcess, graceMs: number): Promise<boolean> {
  const { id, running, daemon } = process;
  try {
    const isElsewhere = daemon !== undefined && !running;
    if (isElsewhere) await startAnew(client, id);
    else {
      const timeoutMs = Math.max(1, Math.ceil(graceMs));
      await callExtension(client, ACTION, "process.restart", { id, timeoutMs });
    }
    return true;
  } catch (error) {
    if (!(error instanceof RpcCallError)) throw error;
    printMessage(`process "${showId(id)}" was not started again: ${error.message}`);
    return false;
  }
}

/** Starts a process in the serving daemon as it was in a retired one, which starts no more processes. */
async function startAnew(client: Client, id: string): Promise<void> {
  const old = await callExtension(client, ACTION, "process.inspect", { id, env: true });
  const { command, args, cwd, env = {}, cleanEnv = false, restart, labels = {}, log } = old;
  const optional = {
    ...(restart === undefined ? {} : { restart }),
    ...(log === undefined ? {} : { logFile: log }),
  };
  await client.call("process.spawn", { id, command, args, cwd, env, cleanEnv, exitDetail: true, labels, ...optional });
}

import type { Client, RemoteSpawnOptions } from "../../client/connect.ts";
import { defaultSocket, isDefaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { callExtension } from "../daemon_extensions.ts";
import { OWN_FAILURE } from "../exit_code.ts";
import { ForegroundSession, formatAttachCommand } from "../foreground_session.ts";
import { lookUpProcess } from "../process_lookup.ts";
import { UsageError } from "../usage_error.ts";
import { parseAssignment, spawn } from "./run.ts";

export default defineCommand({
  usage: "exec [--env K=V] [--cwd D] [--socket PATH] ID -- CMD …",
  about: `Runs another command in the directory and with the environment of the process ID, as
claustrum run does. The process itself is left alone, and may have ended.`,
  flags: {
    ...SOCKET_FLAG,
    "cwd": { kind: "string", value: "D", help: "the working directory (default that of the process)" },
    "env": { kind: "list", short: "e", value: "K=V", help: "set an environment variable; may be repeated" },
  },
  exitCodes: "the command's own, or 128 plus the number of the signal that ended it; 127 no such command, 126 not " +
    "executable, 125 no such process or another failure of claustrum; detached as run",
  failureCode: OWN_FAILURE,
  examples: ["claustrum exec web -- env", "claustrum exec web -- sh -c 'git status; ls'"],
  arity: { least: 2, most: Infinity },
  completes: "processes",
  endsFlagsAtArgument: true,
  async run({ flags: { socket = defaultSocket(), cwd, env }, args: [text = "", ...rest] }) {
    const [command, ...args] = rest[0] === "--" ? rest.slice(1) : rest;
    if (command === undefined) throw new UsageError("exec needs a command: claustrum exec ID -- CMD …");
    await using client = await connectToDaemon(socket);
    const { id } = await lookUpProcess(client, text);
    const place = await placeOf(client, id);
    const own = Object.fromEntries(env.map(parseAssignment));
    const options = {
      id: crypto.randomUUID(),
      command,
      args,
      cwd: cwd ?? place.cwd,
      env: { ...place.env, ...own },
    };
    using session = new ForegroundSession(client, {
      isOwner: true,
      isObserver: false,
      forwardsEnd: true,
      attachCommand: formatAttachCommand(options.id, socket, isDefaultSocket(socket)),
    });
    const process = await spawn(client, { ...options, ...session.callbacks });
    return typeof process === "number" ? process : await session.follow(process);
  },
});

/** Finds the directory and the environment of a process. */
async function placeOf(client: Client, id: string): Promise<Required<Pick<RemoteSpawnOptions, "cwd" | "env">>> {
  const action = "run a command in the place of a process";
  const { cwd, env = {} } = await callExtension(client, action, "process.inspect", { id, env: true });
  return { cwd, env };
}

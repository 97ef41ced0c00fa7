import type { Client, RemoteSpawnOptions } from "../../client/connect.ts";
import { RpcCallError } from "../../client/errors.ts";
import type { RemoteProcess } from "../../client/remote_process.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { defaultSocket, isDefaultSocket } from "../../system/paths.ts";
import { callerConnection } from "../caller_connection.ts";
import { defineCommand, type RunningProgram, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon, NoDaemonError } from "../daemon_client.ts";
import { HUNG_UP, OWN_FAILURE, startErrorCode } from "../exit_code.ts";
import { describeStdinError, ForegroundSession, formatAttachCommand } from "../foreground_session.ts";
import { print, printMessage } from "../print.ts";
import { forwardStdin } from "../stdin_forwarding.ts";
import { UsageError } from "../usage_error.ts";

export default defineCommand({
  usage: "run [--id ID] [--detach] [--cwd D] [--env K=V] [--stdin] [--no-start] -- CMD …",
  about: `Runs a command in the daemon and behaves like it: its output, stdin, signals and
exit code are those of this command. It outlives a lost connection without a trace.
Ctrl-C twice, a closed terminal and a lost SSH line detach: the command runs on.
A daemon is started when none runs.`,
  flags: {
    ...SOCKET_FLAG,
    "id": { kind: "string", value: "ID", help: "what it is called; another one of that name is killed" },
    "detach": { kind: "boolean", short: "d", help: "print its id and return while it runs" },
    "cwd": { kind: "string", value: "D", help: "its working directory (default this one)" },
    "env": { kind: "list", short: "e", value: "K=V", help: "a variable; may be given several times" },
    "stdin": { kind: "boolean", help: "with --detach, pass stdin on first; otherwise it always is" },
    "no-start": { kind: "boolean", help: "fail when no daemon runs" },
  },
  exitCodes: "the command's own, or 128 and the signal that ended it; 127 there is no such command, 126 it cannot be " +
    "executed, 125 claustrum itself failed; 0 detached with ctrl-C, 129 by a hang-up, 143 by a second SIGTERM",
  failureCode: OWN_FAILURE,
  examples: [
    "claustrum run -- make -j8",
    "claustrum run --detach --id build -- make",
    "claustrum run -- yes | head -1",
  ],
  arity: { least: 1, most: Infinity },
  endsFlagsAtArgument: true,
  async run({ flags, args: [command = "", ...args] }, program) {
    const socket = flags.socket ?? defaultSocket();
    const spec = {
      command,
      args,
      id: flags.id ?? crypto.randomUUID(),
      cwd: flags.cwd ?? Deno.cwd(),
      env: Object.fromEntries(flags.env.map(assignment)),
    };
    await using client = await connectOrStart(socket, flags["no-start"] ? undefined : program);
    const attachCommand = formatAttachCommand(spec.id, socket, isDefaultSocket(socket));
    if (flags.detach) return await runDetached(client, spec, flags.stdin, attachCommand);
    using session = new ForegroundSession(client, {
      isOwner: true,
      isObserver: false,
      forwardsEnd: true,
      attachCommand,
    });
    const process = await start(client, { ...spec, ...session.callbacks });
    return typeof process === "number" ? process : await session.follow(process);
  },
});

/** The process, or the exit code when the command cannot be started. */
async function start(client: Client, options: RemoteSpawnOptions): Promise<RemoteProcess | number> {
  try {
    return await client.spawn(options);
  } catch (error) {
    if (!(error instanceof RpcCallError)) throw error;
    printMessage(error.message);
    return startErrorCode(error.message);
  }
}

async function runDetached(
  client: Client,
  spec: RemoteSpawnOptions,
  forwardsStdin: boolean,
  attachCommand: string,
): Promise<number> {
  const process = await start(client, { ...spec, discard: ["stdout", "stderr"] });
  if (typeof process === "number") return process;
  const end = forwardsStdin
    ? await forwardStdin(process, { caller: callerConnection(), forwardsEnd: true })
    : undefined;
  if (end?.kind === "failed") {
    await client.call("process.killAndWait", { id: process.id });
    throw new ClaustrumError(describeStdinError(end.error), { cause: end.error });
  }
  process.detach();
  if (end?.kind === "lost") {
    printMessage(`the line is lost before the end of stdin; pass the rest on with: ${attachCommand} --stdin-eof`);
    return HUNG_UP;
  }
  print(process.id);
  return 0;
}

/** Starts a daemon when none runs, unless no program is given. */
async function connectOrStart(socket: string, program: RunningProgram | undefined): Promise<Client> {
  try {
    return await connectToDaemon(socket);
  } catch (error) {
    if (!(error instanceof NoDaemonError) || program === undefined) throw error;
  }
  const { startIfNone } = await import("./serve.ts");
  const { daemonProgram } = await import("../daemon_program.ts");
  await startIfNone(socket, daemonProgram(program.isMain()));
  return await connectToDaemon(socket);
}

function assignment(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) throw new UsageError(`--env takes NAME=VALUE, not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

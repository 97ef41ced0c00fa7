import type { Client, RemoteSpawnOptions } from "../../client/connect.ts";
import { RpcCallError } from "../../client/errors.ts";
import type { RemoteProcess } from "../../client/remote_process.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { importLate } from "../../system/import_late.ts";
import { defaultSocket, isDefaultSocket } from "../../system/paths.ts";
import { callerConnection } from "../caller_connection.ts";
import { defineCommand, DETACH_FLAG, type RunningProgram, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon, NoDaemonError } from "../daemon_client.ts";
import { parseDetachKey } from "../detach_key.ts";
import { HUNG_UP, NOT_FOUND, OWN_FAILURE, startErrorCode } from "../exit_code.ts";
import { describeStdinError, ForegroundSession, formatAttachCommand } from "../foreground_session.ts";
import { ENVIRONMENT_FLAGS, findOnOwnPath, flaggedEnvironment } from "../environment_flags.ts";
import { hintAtEnd, hintAtMissing, hintAtStart } from "../environment_hint.ts";
import { forgetIfEnded } from "../forget_process.ts";
import { checkStart, directoryForDaemon, startOptions } from "../start_options.ts";
import { print, printMessage } from "../print.ts";
import { showId } from "../process_text.ts";
import { ProcessTerminal } from "../process_terminal.ts";
import { ownSize } from "../raw_terminal.ts";
import { forwardStdin } from "../stdin_forwarding.ts";
import { checkInTerminal } from "../terminal_check.ts";
import { TerminalHint } from "../terminal_hint.ts";
import { UsageError } from "../usage_error.ts";

/** What a program takes its terminal for if this command has none. */
const DEFAULT_TERM = "xterm-256color";

export default defineCommand({
  usage:
    "run [-t] [--id ID] [--replace] [--detach | --rm] [--restart WHEN] [--label K=V] [--log] [--cwd D] [-e K[=V]] [--env-file FILE] [--path] [--clean-env] [--stdin] [--no-start] -- CMD …",
  about: `Runs a command in the daemon as if it ran here: output, stdin, signals and the exit
code are forwarded. It reconnects to the daemon without losing output. Ctrl-C twice,
a closed terminal and a lost SSH connection detach and leave the command running.
If no daemon is running, one is started. With -t the command gets a terminal, for
programs such as bash, vim, top and claude: every key goes to it, and ctrl-\\ detaches.
It gets the environment of the daemon, which is that of whoever has started the daemon,
with the PATH of your login shell, and not that of this shell: pass on what it needs.`,
  flags: {
    ...SOCKET_FLAG,
    "id": { kind: "string", value: "ID", help: "the id of the process (default random)" },
    "replace": {
      kind: "boolean",
      isDestructive: true,
      help: "kill a running process that has the id first; without it, the id is refused",
    },
    "restart": {
      kind: "string",
      value: "WHEN",
      words: ["no", "always", "on-failure"],
      help: "start the command again when it ends by itself: always, on-failure or on-failure:N (default no)",
    },
    "tty": { kind: "boolean", short: "t", help: "give the command a terminal, with the size and TERM of this one" },
    "interactive": { kind: "boolean", short: "i", help: "accepted, as in -it: stdin is always forwarded" },
    ...DETACH_FLAG,
    "detach": { kind: "boolean", short: "d", help: "print the id and return while the command runs" },
    "rm": { kind: "boolean", help: "forget the process and its output when it has ended, not only after 15 minutes" },
    "label": { kind: "list", short: "l", value: "K=V", help: "label the process, for ps --filter; may be repeated" },
    "log": {
      kind: "string",
      value: "FILE",
      isOptional: true,
      help: "keep the output in files, too, for claustrum logs: 5 of 10 MB, beside the socket or FILE and FILE.1 …",
    },
    "cwd": { kind: "string", short: "w", value: "D", help: "the working directory (default the current one)" },
    ...ENVIRONMENT_FLAGS,
    "stdin": {
      kind: "boolean",
      help: "with --detach, forward all of stdin first; without it, stdin is always forwarded",
    },
    "no-start": { kind: "boolean", help: "fail if no daemon is running, instead of starting one" },
  },
  exitCodes: "the command's own, or 128 plus the number of the signal that ended it; 127 no such command, 126 not " +
    "executable, 125 claustrum itself failed; detached: 0 by ctrl-C or ctrl-\\, 129 by a hang-up, 143 by a second SIGTERM",
  failureCode: OWN_FAILURE,
  examples: [
    "claustrum run -- make -j8",
    "claustrum run --detach --id build -- make",
    "claustrum run -t --id editor -- vim notes.txt",
    "claustrum run --detach --id web --restart on-failure:5 -- npm start",
    "claustrum run -e API_TOKEN -e PORT=8000 --path -- npm test",
    "claustrum run --detach --id api --log -- ./server",
    "claustrum run -- yes | head -1",
  ],
  arity: { least: 1, most: Infinity },
  endsFlagsAtArgument: true,
  async run({ flags, args: [word = "", ...args] }, program) {
    const socket = flags.socket ?? defaultSocket();
    if (flags.rm && flags.detach) throw cannotForgetDetached();
    if (flags.replace && flags.id === undefined) {
      throw new UsageError("--replace needs the id of the process to replace: add --id ID; claustrum ps lists them");
    }
    const detachKey = parseDetachKey(flags["detach-keys"]);
    const cwd = directoryForDaemon(flags.cwd ?? Deno.cwd());
    const own = await flaggedEnvironment(flags);
    const command = flags.path ? findOnOwnPath(word, cwd) : word;
    if (typeof command === "number") return command;
    const spec = {
      command,
      args,
      id: flags.id ?? crypto.randomUUID(),
      cwd,
      env: { ...(flags.tty ? terminalVariables() : {}), ...own },
      ...(flags.tty ? { tty: ownSize() } : {}),
      ...startOptions(flags),
    };
    await using client = await connectOrStart(socket, flags["no-start"] ? undefined : program);
    await checkStart(client, spec);
    const attachCommand = formatAttachCommand(spec.id, socket, isDefaultSocket(socket));
    const hint = flags.tty || !Deno.stderr.isTerminal() ? undefined : new TerminalHint([command, ...args]);
    const failure = flags.tty ? await checkInTerminal(client, spec) : undefined;
    if (failure !== undefined) return failure;
    if (flags.detach || Deno.stdin.isTerminal()) hint?.noteStart();
    if (flags.detach) return await runDetached(client, spec, flags.stdin, attachCommand);
    using session = new ForegroundSession(client, {
      isOwner: true,
      isObserver: false,
      forwardsEnd: true,
      attachCommand,
      hint,
      terminal: flags.tty ? new ProcessTerminal({ detachKey, isAttaching: false }) : undefined,
    });
    const process = await spawn(client, { ...spec, ...session.callbacks });
    if (typeof process === "number") return process;
    const started = { id: process.id, command, hasTerminal: flags.tty };
    await hintAtStart(client, started);
    const code = await session.follow(process);
    await hintAtEnd(client, started, code);
    if (flags.rm) await forgetIfEnded(client, process.id);
    return code;
  },
});

/** Starts the command. Returns the exit code of this command if that fails. */
export async function spawn(client: Client, options: RemoteSpawnOptions): Promise<RemoteProcess | number> {
  try {
    return await client.spawn(options);
  } catch (error) {
    if (!(error instanceof RpcCallError)) throw error;
    printMessage(error.message);
    const code = startErrorCode(error.message);
    if (code === NOT_FOUND) hintAtMissing(options.command);
    return code;
  }
}

/** Creates the error for `--rm` with `--detach`: the command that would forget the process does not see its end. */
export function cannotForgetDetached(): UsageError {
  return new UsageError(
    "--rm needs a command that is waited for: leave out --detach or --rm; what runs detached is forgotten 15 minutes " +
      "after its end, or by claustrum rm ID",
  );
}

/**
 * Starts a command, and returns while it runs.
 *
 * @param forwardsStdin Whether to forward all of stdin first.
 * @param attachCommand The command that attaches to it.
 * @returns The exit code.
 */
export async function runDetached(
  client: Client,
  spec: RemoteSpawnOptions,
  forwardsStdin: boolean,
  attachCommand: string,
): Promise<number> {
  const process = await spawn(client, { ...spec, discard: ["stdout", "stderr"] });
  if (typeof process === "number") return process;
  const result = forwardsStdin
    ? await forwardStdin(process, { caller: callerConnection(), forwardsEnd: true })
    : undefined;
  if (result?.kind === "failed") {
    await client.call("process.killAndWait", { id: process.id });
    throw new ClaustrumError(describeStdinError(result.error), { cause: result.error });
  }
  process.detach();
  if (result?.kind === "lost") {
    printMessage(`the connection was lost before the end of stdin; send the rest with: ${attachCommand} --stdin-eof`);
    return HUNG_UP;
  }
  print(Deno.stdout.isTerminal() ? showId(process.id) : process.id);
  return 0;
}

/** Connects to the daemon, and starts one if none is running and a program is given. */
async function connectOrStart(socket: string, program: RunningProgram | undefined): Promise<Client> {
  try {
    return await connectToDaemon(socket);
  } catch (error) {
    if (!(error instanceof NoDaemonError) || program === undefined) throw error;
  }
  const { startDaemonIfAbsent } = await importLate<typeof import("./serve.ts")>(import.meta.resolve("./serve.ts"));
  const { daemonProgram } = await importLate<typeof import("../daemon_program.ts")>(
    import.meta.resolve("../daemon_program.ts"),
  );
  await startDaemonIfAbsent(socket, daemonProgram(program.isMain()));
  return await connectToDaemon(socket);
}

/** The variables by which a program knows what the person's terminal can do. */
export function terminalVariables(): Record<string, string> {
  const colors = Deno.env.get("COLORTERM");
  return { TERM: Deno.env.get("TERM") || DEFAULT_TERM, ...(colors === undefined ? {} : { COLORTERM: colors }) };
}

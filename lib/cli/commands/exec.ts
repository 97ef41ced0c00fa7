import type { Client, RemoteSpawnOptions } from "../../client/connect.ts";
import { defaultSocket, isDefaultSocket } from "../../system/paths.ts";
import { defineCommand, DETACH_FLAG, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { callExtension } from "../daemon_extensions.ts";
import { parseDetachKey } from "../detach_key.ts";
import { OWN_FAILURE } from "../exit_code.ts";
import { ENVIRONMENT_FLAGS, findOnOwnPath, flaggedEnvironment } from "../environment_flags.ts";
import { hintAtEnd, hintAtStart } from "../environment_hint.ts";
import { forgetIfEnded } from "../forget_process.ts";
import { ForegroundSession, formatAttachCommand } from "../foreground_session.ts";
import { findInPlace } from "../place_lookup.ts";
import { lookUpProcess } from "../process_lookup.ts";
import { ProcessTerminal } from "../process_terminal.ts";
import { ownSize } from "../raw_terminal.ts";
import { checkStart, directoryForDaemon } from "../start_options.ts";
import { checkInTerminal } from "../terminal_check.ts";
import { TerminalHint } from "../terminal_hint.ts";
import { UsageError } from "../usage_error.ts";
import { cannotForgetDetached, runDetached, spawn, terminalVariables } from "./run.ts";

export default defineCommand({
  usage:
    "exec [-t] [--detach | --rm] [-e K[=V]] [--env-file FILE] [--path] [--clean-env] [--cwd D] [--socket PATH] ID -- CMD …",
  about: `Runs another command in the directory and with the environment of the process ID, as
claustrum run does. The process itself is left alone, and may have ended. Of this shell's
environment the command gets only what you pass on. With -t it gets a terminal of its own,
as with claustrum run -t.`,
  flags: {
    ...SOCKET_FLAG,
    "tty": { kind: "boolean", short: "t", help: "give the command a terminal, with the size and TERM of this one" },
    "interactive": { kind: "boolean", short: "i", help: "accepted, as in -it: stdin is always forwarded" },
    ...DETACH_FLAG,
    "detach": { kind: "boolean", short: "d", help: "print the id and return while the command runs" },
    "rm": { kind: "boolean", help: "forget the command and its output when it has ended, not only after 15 minutes" },
    "cwd": { kind: "string", short: "w", value: "D", help: "the working directory (default that of the process)" },
    ...ENVIRONMENT_FLAGS,
  },
  exitCodes: "the command's own, or 128 plus the number of the signal that ended it; 127 no such command, 126 not " +
    "executable, 125 no such process or another failure of claustrum; detached as run",
  failureCode: OWN_FAILURE,
  examples: [
    "claustrum exec web -- env",
    "claustrum exec -it web -- bash",
    "claustrum exec -d web -- npm run seed",
    "claustrum exec web -- sh -c 'git status; ls'",
  ],
  arity: { least: 2, most: Infinity },
  completes: "processes",
  endsFlagsAtArgument: true,
  async run({ flags, args: [text = "", ...rest] }) {
    const { socket = defaultSocket(), path, tty, "clean-env": isClean } = flags;
    const [word, ...args] = rest[0] === "--" ? rest.slice(1) : rest;
    if (word === undefined) throw new UsageError("exec needs a command after ID: see claustrum help exec");
    if (flags.rm && flags.detach) throw cannotForgetDetached();
    const detachKey = parseDetachKey(flags["detach-keys"]);
    const own = await flaggedEnvironment(flags);
    await using client = await connectToDaemon(socket);
    const { id } = await lookUpProcess(client, text);
    const place = await placeOf(client, id);
    const cwd = flags.cwd === undefined ? place.cwd : directoryForDaemon(flags.cwd);
    const env = { ...(isClean ? {} : place.env), ...(tty ? terminalVariables() : {}), ...own };
    const command = path ? findOnOwnPath(word, cwd) : tty ? word : await findInPlace(client, word, { cwd, env });
    if (typeof command === "number") return command;
    const cleanEnv = isClean || place.cleanEnv;
    await checkStart(client, { cleanEnv });
    const options = {
      id: crypto.randomUUID(),
      command,
      args,
      cwd,
      env,
      ...(tty ? { tty: ownSize() } : {}),
      cleanEnv,
      log: false,
    };
    const failure = tty ? await checkInTerminal(client, options) : undefined;
    if (failure !== undefined) return failure;
    const attachCommand = formatAttachCommand(options.id, socket, isDefaultSocket(socket));
    if (flags.detach) return await runDetached(client, options, false, attachCommand);
    const hint = tty || !Deno.stderr.isTerminal() ? undefined : new TerminalHint([word, ...args]);
    if (Deno.stdin.isTerminal()) hint?.noteStart();
    using session = new ForegroundSession(client, {
      isOwner: true,
      isObserver: false,
      forwardsEnd: true,
      attachCommand,
      hint,
      terminal: tty ? new ProcessTerminal({ detachKey, isAttaching: false }) : undefined,
    });
    const process = await spawn(client, { ...options, ...session.callbacks });
    if (typeof process === "number") return process;
    const started = { id: process.id, command: path ? command : word, hasTerminal: tty };
    await hintAtStart(client, started);
    const code = await session.follow(process);
    await hintAtEnd(client, started, code);
    if (flags.rm) await forgetIfEnded(client, process.id);
    return code;
  },
});

/** What a command takes over from a process. */
type Place = "cwd" | "env" | "cleanEnv";

/** Finds the directory and the environment of a process. */
async function placeOf(client: Client, id: string): Promise<Required<Pick<RemoteSpawnOptions, Place>>> {
  const action = "run a command in the place of a process";
  const { cwd, env = {}, cleanEnv = false } = await callExtension(client, action, "process.inspect", { id, env: true });
  return { cwd, env, cleanEnv };
}

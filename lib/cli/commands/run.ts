import type { Client } from "../../client/connect.ts";
import { FatalError } from "../../system/fatal.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon, NoDaemonError } from "../daemon_client.ts";
import { beProcess, feed } from "../transparent.ts";
import { UsageError } from "../usage_error.ts";

export default defineCommand({
  usage: "run [--id ID] [--detach] [--cwd D] [--env K=V] [--stdin] [--no-start] -- CMD …",
  about: `Runs a command in the daemon and behaves like it: its output, stdin, signals and
exit code are those of this command. It outlives a lost connection without a trace.
Ctrl-C twice lets go of it; it runs on. A daemon is started when none runs.`,
  flags: {
    ...SOCKET_FLAG,
    "id": { kind: "string", value: "ID", help: "what it is called; another one of that name is killed" },
    "detach": { kind: "boolean", short: "d", help: "print its id and return while it runs" },
    "cwd": { kind: "string", value: "D", help: "its working directory (default this one)" },
    "env": { kind: "list", short: "e", value: "K=V", help: "a variable; may be given several times" },
    "stdin": { kind: "boolean", help: "with --detach, pass stdin on first; otherwise it always is" },
    "no-start": { kind: "boolean", help: "fail when no daemon runs" },
    "tty": { kind: "boolean", short: "t", help: "not supported yet" },
  },
  exitCodes: "the command's own, 128 and the signal that ended it; 0 when it was let go of; 1 it could not be run",
  examples: [
    "claustrum run -- make -j8",
    "claustrum run --detach --id build -- make",
    "claustrum run -- yes | head -1",
  ],
  arity: { least: 1, most: Infinity },
  endsFlagsAtArgument: true,
  async run({ flags, args: [command = "", ...args] }) {
    if (flags.tty) throw new FatalError("there are no terminals for processes yet: run without -t");
    const socket = flags.socket ?? defaultSocket();
    await using client = await connectOrStart(socket, flags["no-start"]);
    const process = await client.spawn({
      command,
      args,
      cwd: flags.cwd ?? Deno.cwd(),
      env: Object.fromEntries(flags.env.map(assignment)),
      ...(flags.id === undefined ? {} : { id: flags.id }),
    });
    const { id } = process;
    if (!flags.detach) {
      const farewell = `claustrum: let go of "${id}"; attach again with: claustrum attach ${id}`;
      return await beProcess(client, process, { feeds: true, signals: true, farewell });
    }
    if (flags.stdin) await feed(process);
    process.detach();
    console.log(id);
    return 0;
  },
});

async function connectOrStart(socket: string, isStartForbidden: boolean): Promise<Client> {
  try {
    return await connectToDaemon(socket);
  } catch (error) {
    if (!(error instanceof NoDaemonError) || isStartForbidden) throw error;
  }
  const { startIfNone } = await import("./serve.ts");
  await startIfNone(socket);
  return await connectToDaemon(socket);
}

function assignment(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) throw new UsageError(`--env takes NAME=VALUE, not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

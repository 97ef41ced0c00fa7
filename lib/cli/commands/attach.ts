import type { Client } from "../../client/connect.ts";
import { wordsInTerminal } from "../../client/terminal_command.ts";
import { defaultSocket, isDefaultSocket } from "../../system/paths.ts";
import { defineCommand, DETACH_FLAG, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { parseDetachKey } from "../detach_key.ts";
import { ForegroundSession, formatAttachCommand } from "../foreground_session.ts";
import { lookUpProcess } from "../process_lookup.ts";
import { ProcessTerminal } from "../process_terminal.ts";
import { ownSize } from "../raw_terminal.ts";

export default defineCommand({
  usage: "attach ID [--from SEQ] [--observe] [--stdin-eof] [--detach-keys KEY] [--socket PATH]",
  about: `Prints the buffered output of a process and follows it until it ends, forwarding
stdin and ctrl-C. Everything else only detaches and leaves the process running:
ctrl-C twice, SIGTERM, a broken pipe, a closed terminal or a lost SSH connection.
A process in a terminal (claustrum run -t) draws its screen again, at the size of this
terminal; every key goes to it, and ctrl-\\ detaches.`,
  flags: {
    ...SOCKET_FLAG,
    ...DETACH_FLAG,
    "from": { kind: "integer", value: "SEQ", help: "skip the frames up to this sequence number" },
    "observe": {
      kind: "boolean",
      help: "show the output only, without stdin and signals; another client stays attached",
    },
    "stdin-eof": { kind: "boolean", help: "close the stdin of the process when stdin of this command ends" },
  },
  exitCodes:
    "the process's own; detached: 0 by ctrl-C or ctrl-\\, 129 by a hang-up, 141 by a broken pipe, 143 by SIGTERM; " +
    "1 no such process or daemon; 2 wrong arguments",
  examples: [
    "claustrum attach job",
    "claustrum attach editor --detach-keys ctrl-x",
    "claustrum attach job --observe",
    "echo yes | claustrum attach job --stdin-eof",
  ],
  arity: { least: 1, most: 1 },
  completes: "processes",
  async run({ flags, args: [text = ""] }) {
    const { socket = defaultSocket(), from, observe, "stdin-eof": forwardsEnd } = flags;
    const detachKey = parseDetachKey(flags["detach-keys"]);
    await using client = await connectToDaemon(socket);
    const { id } = await lookUpProcess(client, text);
    const terminal = await findTerminal(client, id);
    const snapshot = terminal === undefined || from !== undefined
      ? undefined
      : await (await import("../screen_snapshot.ts")).takeSnapshot(client, id, terminal.lastSeq, ownSize());
    using session = new ForegroundSession(client, {
      isOwner: false,
      isObserver: observe,
      forwardsEnd,
      attachCommand: formatAttachCommand(id, socket, isDefaultSocket(socket)),
      terminal: terminal === undefined ? undefined : new ProcessTerminal({ detachKey, snapshot, isAttaching: true }),
    });
    const fromSeq = from ?? snapshot?.lastSeq ?? 0;
    return await session.follow(await client.attach(id, { fromSeq, observe, ...session.callbacks }));
  },
});

/** Returns the process if it has a terminal, and this command has one to show it on. */
async function findTerminal(client: Client, id: string): Promise<{ readonly lastSeq: number } | undefined> {
  if (!Deno.stdout.isTerminal()) return undefined;
  const { processes } = await client.call("process.list");
  return processes.find((process) => process.id === id && wordsInTerminal(process) !== undefined);
}

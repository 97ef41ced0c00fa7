import { defaultSocket, isDefaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { ForegroundSession, formatAttachCommand } from "../foreground_session.ts";
import { lookUpProcess } from "../process_lookup.ts";

export default defineCommand({
  usage: "attach ID [--from SEQ] [--observe] [--stdin-eof] [--socket PATH]",
  about: `Prints the buffered output of a process and follows it until it ends, forwarding
stdin and ctrl-C. Everything else only detaches and leaves the process running:
ctrl-C twice, SIGTERM, a broken pipe, a closed terminal or a lost SSH connection.`,
  flags: {
    ...SOCKET_FLAG,
    "from": { kind: "integer", value: "SEQ", help: "skip the frames up to this sequence number" },
    "observe": {
      kind: "boolean",
      help: "show the output only, without stdin and signals; another client stays attached",
    },
    "stdin-eof": { kind: "boolean", help: "close the stdin of the process when stdin of this command ends" },
  },
  exitCodes: "the process's own; detached: 0 by ctrl-C, 129 by a hang-up, 141 by a broken pipe, 143 by SIGTERM; " +
    "1 no such process or daemon; 2 wrong arguments",
  examples: ["claustrum attach job", "claustrum attach job --observe", "echo yes | claustrum attach job --stdin-eof"],
  arity: { least: 1, most: 1 },
  completes: "processes",
  async run({ flags, args: [text = ""] }) {
    const { socket = defaultSocket(), from: fromSeq = 0, observe, "stdin-eof": forwardsEnd } = flags;
    await using client = await connectToDaemon(socket);
    const { id } = await lookUpProcess(client, text);
    using session = new ForegroundSession(client, {
      isOwner: false,
      isObserver: observe,
      forwardsEnd,
      attachCommand: formatAttachCommand(id, socket, isDefaultSocket(socket)),
    });
    return await session.follow(await client.attach(id, { fromSeq, observe, ...session.callbacks }));
  },
});

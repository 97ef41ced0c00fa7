import { defaultSocket, isDefaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { ForegroundSession, formatAttachCommand } from "../foreground_session.ts";

export default defineCommand({
  usage: "attach ID [--from SEQ] [--observe] [--stdin-eof] [--socket PATH]",
  about: `Catches up with a process and follows it, with stdin and signals, until it ends.
Ctrl-C goes to the process. It never ends the process by itself: Ctrl-C twice, a
closed terminal, a lost SSH line, a broken pipe and SIGTERM only detach.`,
  flags: {
    ...SOCKET_FLAG,
    "from": { kind: "integer", value: "SEQ", help: "leave out frames up to this one" },
    "observe": { kind: "boolean", help: "only show the output: no stdin, no signals; another client keeps the stream" },
    "stdin-eof": { kind: "boolean", help: "close the stdin of the process at the end of this one" },
  },
  exitCodes: "the process's own; 0 detached with ctrl-C, 129 by a hang-up, 141 by a broken pipe, 143 by " +
    "SIGTERM; 1 there is no such process or daemon; 2 wrong arguments",
  examples: ["claustrum attach job", "claustrum attach job --observe", "echo yes | claustrum attach job --stdin-eof"],
  arity: { least: 1, most: 1 },
  completes: "processes",
  async run({ flags, args: [id = ""] }) {
    const { socket = defaultSocket(), from: fromSeq = 0, observe, "stdin-eof": forwardsEnd } = flags;
    await using client = await connectToDaemon(socket);
    using session = new ForegroundSession(client, {
      isOwner: false,
      isObserver: observe,
      forwardsEnd,
      attachCommand: formatAttachCommand(id, socket, isDefaultSocket(socket)),
    });
    return await session.follow(await client.attach(id, { fromSeq, observe, ...session.callbacks }));
  },
});

import { FatalError } from "../../system/fatal.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { beProcess } from "../transparent.ts";

export default defineCommand({
  usage: "attach ID [--from SEQ] [--observe] [--socket PATH]",
  about: `Catches up with a process and follows it, with stdin and signals, until it ends.
Ctrl-C twice lets go of it; it runs on.`,
  flags: {
    ...SOCKET_FLAG,
    from: { kind: "integer", value: "SEQ", help: "leave out frames up to this one" },
    observe: { kind: "boolean", help: "only look: no stdin, no signals, and whoever has the stream keeps it" },
    tty: { kind: "boolean", short: "t", help: "not supported yet" },
  },
  exitCodes: "the process's own; 0 when it was let go of; 1 there is no such process or daemon",
  examples: ["claustrum attach job", "claustrum attach job --observe"],
  arity: { least: 1, most: 1 },
  async run({ flags: { socket = defaultSocket(), from: fromSeq = 0, observe, tty }, args: [id = ""] }) {
    if (tty) throw new FatalError("there are no terminals for processes yet: attach without -t");
    await using client = await connectToDaemon(socket);
    const onGap = ({ message }: Error) => console.error(`claustrum: ${message}`);
    const process = await client.attach(id, { fromSeq, observe, onGap });
    const farewell = `claustrum: let go of "${id}"; attach again with: claustrum attach ${id}`;
    return await beProcess(client, process, { feeds: !observe, signals: !observe, farewell });
  },
});

import type { Client } from "../../client/connect.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { exitCodeOf } from "../exit_code.ts";
import { chooseProcess } from "../process_lookup.ts";
import type { ListedProcess } from "../process_text.ts";

export default defineCommand({
  usage: "wait ID… [--socket PATH]",
  about: `Waits until processes have ended, without taking their output from anyone, and exits
with the exit code of the last one. A process that is started again by its restart policy
has not ended.`,
  flags: SOCKET_FLAG,
  exitCodes: "that of the last ID: the process's own, or 128 plus the number of the signal that ended it; " +
    "1 no such process or daemon; 2 wrong arguments",
  examples: ["claustrum wait build && claustrum logs build", "claustrum wait test lint"],
  arity: { least: 1, most: Infinity },
  completes: "processes",
  async run({ flags: { socket = defaultSocket() }, args }) {
    await using client = await connectToDaemon(socket);
    const { processes } = await client.call("process.list");
    const waited = args.map((arg) => chooseProcess(processes, arg));
    const codes = await Promise.all(waited.map((process) => endOf(client, process)));
    return codes.at(-1)!;
  },
});

/** Waits for the end of a process; returns its exit code. */
async function endOf(client: Client, { id, lastSeq }: ListedProcess): Promise<number> {
  // Output up to now need not be sent, except an exit frame.
  const fromSeq = Math.max(0, lastSeq - 1);
  const process = await client.attach(id, { fromSeq, observe: true, discard: ["stdout", "stderr"], onGap: () => {} });
  const exit = await process.exit;
  if (exit.code >= 0 || exit.signal !== undefined) return await exitCodeOf(exit);
  const { processes } = await client.call("process.list");
  const signal = processes.find((each) => each.id === id)?.signal;
  return await exitCodeOf(signal === undefined ? exit : { ...exit, signal });
}

import type { Client } from "../../client/connect.ts";
import { shellQuote } from "../../system/quote.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { callExtension } from "../daemon_extensions.ts";
import { printMessage } from "../print.ts";
import { chooseProcess } from "../process_lookup.ts";
import { type ListedProcess, showId } from "../process_text.ts";

export default defineCommand({
  usage: "rm ID… [--force] [--socket PATH]",
  about: "Forgets processes that have ended, and their output. The daemon does so by itself after 15 minutes.",
  flags: {
    ...SOCKET_FLAG,
    force: { kind: "boolean", short: "f", isDestructive: true, help: "kill processes that run first" },
  },
  exitCodes: "0 success; 1 no such process or daemon, or one is running; 2 wrong arguments",
  examples: ["claustrum rm build", "claustrum rm --force web worker"],
  arity: { least: 1, most: Infinity },
  completes: "processes",
  async run({ flags: { socket = defaultSocket(), force }, args }) {
    await using client = await connectToDaemon(socket);
    const { processes } = await client.call("process.list");
    const removed = args.map((arg) => chooseProcess(processes, arg, { isTold: true }));
    const done = await Promise.all(removed.map((process) => forget(client, process, force)));
    return done.every((isForgotten) => isForgotten) ? 0 : 1;
  },
});

/** Forgets a process; returns `false`, and says why, if it runs. */
async function forget(client: Client, { id, running }: ListedProcess, isForced: boolean): Promise<boolean> {
  if (running && !isForced) {
    printMessage(`process "${showId(id)}" is running: end it with claustrum kill ${shellQuote(id)}, or add --force`);
    return false;
  }
  if (running) {
    const { died } = await client.call("process.killAndWait", { id, signal: "KILL" });
    if (!died) {
      printMessage(`process "${showId(id)}" is still running`);
      return false;
    }
  }
  await callExtension(client, "forget a process", "process.forget", { id });
  return true;
}

import type { Client } from "../../client/connect.ts";
import { shellQuote } from "../../system/quote.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { callExtension } from "../daemon_extensions.ts";
import { chooseEither } from "../log_lookup.ts";
import { printMessage } from "../print.ts";
import { chooseProcess } from "../process_lookup.ts";
import { type ListedProcess, showId } from "../process_text.ts";

export default defineCommand({
  usage: "rm ID… [--force] [--keep-logs] [--socket PATH]",
  about: `Forgets processes that have ended, and their output. The daemon does so by itself
after 15 minutes, but keeps their logs: rm removes these, too, also of an id that the
daemon does not have any more. A file that was named with run --log=FILE stays.`,
  flags: {
    ...SOCKET_FLAG,
    "keep-logs": { kind: "boolean", help: "leave the files of their logs where they are" },
    force: { kind: "boolean", short: "f", isDestructive: true, help: "kill processes that run first" },
  },
  exitCodes: "0 success; 1 no such process or daemon, or one is running; 2 wrong arguments",
  examples: ["claustrum rm build", "claustrum rm --force web worker"],
  arity: { least: 1, most: Infinity },
  completes: "logs",
  async run({ flags: { socket = defaultSocket(), force, "keep-logs": keepsLogs }, args }) {
    await using client = await connectToDaemon(socket);
    const { processes } = await client.call("process.list");
    const named = await Promise.all(args.map((arg) => {
      const options = { isTold: true };
      return keepsLogs ? chooseProcess(processes, arg, options) : chooseEither(processes, socket, arg, options);
    }));
    const removed = new Map(named.map((each) => [each.id, "pid" in each ? each : { ...each, running: false }]));
    const done = await Promise.all([...removed.values()].map((each) => forget(client, each, force, !keepsLogs)));
    return done.every((isForgotten) => isForgotten) ? 0 : 1;
  },
});

/** Forgets a process; returns `false`, and says why, if it runs. */
async function forget(
  client: Client,
  { id, running }: Pick<ListedProcess, "id" | "running">,
  isForced: boolean,
  removesLog: boolean,
): Promise<boolean> {
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
  await callExtension(client, "forget a process", "process.forget", { id, ...(removesLog ? { log: true } : {}) });
  return true;
}

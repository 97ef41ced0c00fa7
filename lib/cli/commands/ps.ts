import { defaultSocket } from "../../system/paths.ts";
import { HELPER_PREFIX } from "../../client/run_command.ts";
import { liveRetiredDaemons } from "../retired_daemons.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { measureLoad } from "../process_load.ts";
import { processFilter } from "../process_filter.ts";
import { processTable } from "../process_table.ts";
import { showId } from "../process_text.ts";
import { columnsOf } from "../terminal.ts";
import { print } from "../print.ts";

/** How long the use of the processor is measured, in milliseconds. */
const STATS_MS = 500;

export default defineCommand({
  usage: "ps [--socket PATH] [--all] [--filter F] [--stats] [--json | --quiet]",
  about: `Lists the processes of the daemon, oldest first. Ended ones are listed for 15 minutes. On a
terminal, random ids are shortened and columns that do not fit are left out; any command
takes the beginning of an id.`,
  flags: {
    ...SOCKET_FLAG,
    all: { kind: "boolean", help: "also list the short commands of a hub, whose ids start with hub/" },
    filter: {
      kind: "list",
      value: "F",
      words: ["label=", "state=running", "state=ended", "state=restarting", "id=", "command="],
      help: "list only label=K, label=K=V, state=running, state=ended, state=restarting, id=TEXT or command=TEXT; " +
        "may be repeated, and all must fit",
    },
    stats: { kind: "boolean", help: "measure for a moment what each process uses of the processor and the memory" },
    json: { kind: "boolean", help: "print the result of process.list as JSON" },
    quiet: { kind: "boolean", short: "q", help: "print the ids only, one per line" },
  },
  exitCodes: "0 success, 1 daemon not reachable, 2 wrong arguments",
  examples: [
    "claustrum ps",
    "claustrum ps --stats",
    "claustrum kill $(claustrum ps --quiet --filter label=job=test)",
    "claustrum ps --json",
  ],
  async run({ flags: { socket = defaultSocket(), all, filter, stats, json, quiet } }) {
    const fits = processFilter(filter);
    await using client = await connectToDaemon(socket);
    const listed = await client.call("process.list");
    const processes = listed.processes.filter((process) =>
      (all || !process.id.startsWith(HELPER_PREFIX)) && fits(process)
    );
    if (quiet) {
      for (const { id } of processes) print(Deno.stdout.isTerminal() ? showId(id) : id);
      return 0;
    }
    const loads = stats ? await measureLoad(processes, STATS_MS) : undefined;
    if (json) {
      print(
        JSON.stringify(loads === undefined ? processes : processes.map((each) => ({ ...each, ...loads.get(each.id) }))),
      );
      return 0;
    }
    const retired = new Map((await liveRetiredDaemons(socket)).map((daemon) => [daemon.pid, daemon]));
    print(processTable(processes, { columns: columnsOf(Deno.stdout), retired, loads }));
    return 0;
  },
});

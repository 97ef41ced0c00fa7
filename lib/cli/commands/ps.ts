import { defaultSocket } from "../../system/paths.ts";
import { HELPER_PREFIX } from "../../client/run_command.ts";
import { liveRetiredDaemons } from "../retired_daemons.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { processTable } from "../process_table.ts";
import { columnsOf } from "../terminal.ts";
import { print } from "../print.ts";

export default defineCommand({
  usage: "ps [--socket PATH] [--all] [--json | --quiet]",
  about: `Lists the processes of the daemon, oldest first. Ended ones are listed for 15 minutes. On a
terminal, random ids are shortened and columns that do not fit are left out; any command
takes the beginning of an id.`,
  flags: {
    ...SOCKET_FLAG,
    all: { kind: "boolean", help: "also list the short commands of a hub, whose ids start with hub/" },
    json: { kind: "boolean", help: "print the result of process.list as JSON" },
    quiet: { kind: "boolean", short: "q", help: "print the ids only, one per line" },
  },
  exitCodes: "0 success, 1 daemon not reachable, 2 wrong arguments",
  examples: ["claustrum ps", "claustrum ps --json"],
  async run({ flags: { socket = defaultSocket(), all, json, quiet } }) {
    await using client = await connectToDaemon(socket);
    const listed = await client.call("process.list");
    const processes = listed.processes.filter(({ id }) => all || !id.startsWith(HELPER_PREFIX));
    if (json) {
      print(JSON.stringify(processes));
      return 0;
    }
    if (quiet) {
      for (const { id } of processes) print(id);
      return 0;
    }
    const retired = new Map((await liveRetiredDaemons(socket)).map((daemon) => [daemon.pid, daemon]));
    print(processTable(processes, { columns: columnsOf(Deno.stdout), retired }));
    return 0;
  },
});

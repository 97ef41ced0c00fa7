import type { Client } from "../../client/connect.ts";
import { RpcCallError } from "../../client/errors.ts";
import { HELPER_PREFIX } from "../../client/run_command.ts";
import { INVALID_PARAMS } from "../../rpc/errors.ts";
import { defaultSocket, isDefaultSocket } from "../../system/paths.ts";
import { liveRetiredDaemons } from "../retired_daemons.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { callExtension } from "../daemon_extensions.ts";
import { measureLoad } from "../process_load.ts";
import { processFilter } from "../process_filter.ts";
import { logRecords } from "../log_lookup.ts";
import { type FormattedProcess, labelsOf, parseProcessFormat } from "../process_format.ts";
import { processTable } from "../process_table.ts";
import { showId } from "../process_text.ts";
import { columnsOf } from "../terminal.ts";
import { print, printLines } from "../print.ts";
import { notTogether } from "../usage_error.ts";

/** How long the use of the processor is measured, in milliseconds. */
const STATS_MS = 500;

export default defineCommand({
  usage: "ps [-a] [-f F] [--stats] [--json | --quiet | --format TEXT | --labels] [--socket PATH]",
  about: `Lists the processes of the daemon, oldest first. Ended ones are listed for 15 minutes. On a
terminal, random ids are shortened and columns that do not fit are left out; any command
takes the beginning of an id.

The fields of --format are {{.ID}}, {{.PID}}, {{.State}}, {{.Status}}, {{.Command}}, {{.Directory}}, {{.CreatedAt}},
{{.RunningFor}}, {{.Labels}}, {{.Restart}}, {{.Buffered}}, {{.Attached}}, {{.CPU}}, {{.Memory}} and {{.Run}}, the
command line that starts the process again, with its own environment variables.`,
  flags: {
    ...SOCKET_FLAG,
    all: { kind: "boolean", short: "a", help: "also list the short commands of a hub, whose ids start with hub/" },
    filter: {
      kind: "list",
      short: "f",
      value: "F",
      words: ["label=", "state=running", "state=ended", "state=restarting", "id=", "command="],
      takesLabels: true,
      help: "list only label=K, label=K=V, state=running, state=ended, state=restarting, id=TEXT or command=TEXT; " +
        "may be repeated, and all must fit",
    },
    stats: { kind: "boolean", help: "measure for a moment what each process uses of the processor and the memory" },
    json: { kind: "boolean", help: "print the result of process.list as JSON" },
    quiet: { kind: "boolean", short: "q", help: "print the ids only, one per line" },
    format: {
      kind: "string",
      value: "TEXT",
      help: 'print TEXT for each process, with fields such as {{.ID}} and \\t for a tab; "table …" adds headings',
    },
    labels: { kind: "boolean", help: "print the labels only, each once" },
  },
  exitCodes: "0 success, 1 daemon not reachable, 2 wrong arguments",
  examples: [
    "claustrum ps --stats",
    "claustrum kill $(claustrum ps -q --filter label=job=test)",
    "claustrum ps --format 'table {{.ID}}\\t{{.Status}}'",
    "claustrum ps --format '{{.Run}}' > again.sh",
    "claustrum ps --json",
  ],
  async run({ flags: { socket = defaultSocket(), all, filter, stats, format: text, ...output } }) {
    const given = Object.entries({ ...output, format: text !== undefined }).filter(([, isGiven]) => isGiven);
    if (given.length > 1) throw notTogether(...given.map(([name]) => `--${name}`));
    const fits = processFilter(filter);
    const format = text === undefined ? undefined : parseProcessFormat(text);
    await using client = await connectToDaemon(socket);
    const listed = await client.call("process.list");
    const processes = listed.processes.filter((process) =>
      (all || !process.id.startsWith(HELPER_PREFIX)) && fits(process)
    );
    if (output.quiet) printLines(processes.map(({ id }) => id), showId);
    if (output.labels) printLines([...new Set(processes.flatMap(labelsOf))].sort(), showId);
    if (output.quiet || output.labels) return 0;
    const loads = stats || format?.needsLoads === true ? await measureLoad(processes, STATS_MS) : undefined;
    if (output.json) {
      print(
        JSON.stringify(loads === undefined ? processes : processes.map((each) => ({ ...each, ...loads.get(each.id) }))),
      );
      return 0;
    }
    const columns = columnsOf(Deno.stdout);
    if (format !== undefined) {
      const logs = format.needsStart ? await logRecords(socket) : [];
      const known = await Promise.all(processes.map(async (process) => ({
        process,
        load: loads?.get(process.id),
        isLogChosen: logs.some(({ id, isChosen }) => id === process.id && isChosen),
        ...(format.needsStart ? await environmentOf(client, process.id) : {}),
      })));
      const socketArguments = isDefaultSocket(socket) ? [] : ["--socket", socket];
      const formatted = format.format(known, { socketArguments, columns, now: Date.now() });
      if (formatted !== "") print(formatted);
      return 0;
    }
    const retired = new Map((await liveRetiredDaemons(socket)).map((daemon) => [daemon.pid, daemon]));
    print(processTable(processes, { columns, retired, loads }));
    return 0;
  },
});

/** Asks for the environment of a process that may have been forgotten meanwhile. */
async function environmentOf(client: Client, id: string): Promise<Pick<FormattedProcess, "env" | "cleanEnv">> {
  const action = "show the environment of a process";
  try {
    const { env, cleanEnv } = await callExtension(client, action, "process.inspect", { id, env: true });
    return { env, cleanEnv };
  } catch (error) {
    if (error instanceof RpcCallError && error.code === INVALID_PARAMS) return {};
    throw error;
  }
}

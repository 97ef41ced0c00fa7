import { HELPER_PREFIX } from "../../client/run_command.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { LiveScreen } from "../live_screen.ts";
import { LoadMeter } from "../process_load.ts";
import { chooseProcesses } from "../process_lookup.ts";
import { processTable } from "../process_table.ts";
import type { ListedProcess } from "../process_text.ts";
import { liveRetiredDaemons } from "../retired_daemons.ts";

/** How often the table is drawn by default, in milliseconds. */
const INTERVAL_MS = 2_000;
/** The shortest interval, in milliseconds. */
const MIN_INTERVAL_MS = 200;

export default defineCommand({
  usage: "top [ID…] [--interval D] [--socket PATH]",
  about: `Shows the running processes with their share of a processor and their memory, those that
use most first, until q or ctrl-C; with ID, only these. What their descendants use is
counted in.`,
  flags: {
    ...SOCKET_FLAG,
    interval: { kind: "duration", value: "D", help: "time between two measurements (default 2s)" },
  },
  exitCodes: "0 success; 1 daemon not reachable, or no terminal; 2 wrong arguments",
  examples: ["claustrum top", "claustrum top web worker --interval 1"],
  arity: { least: 0, most: Infinity },
  completes: "processes",
  async run({ flags: { socket = defaultSocket(), interval = INTERVAL_MS }, args }) {
    if (!Deno.stdout.isTerminal()) {
      throw new ClaustrumError("top needs a terminal: claustrum ps --stats prints the same once");
    }
    await using client = await connectToDaemon(socket);
    const chosen = args.length === 0 ? undefined : chooseProcesses((await client.call("process.list")).processes, args);
    const ids = chosen && new Set(chosen.map(({ id }) => id));
    const meter = new LoadMeter();
    using screen = new LiveScreen();
    while (!screen.isLeft) {
      const { processes } = await client.call("process.list");
      const running = processes.filter(({ id, running }) => running && (ids?.has(id) ?? !id.startsWith(HELPER_PREFIX)));
      const loads = await meter.measure(running) ?? new Map();
      const sorted = running.toSorted((a, b) => cpuOf(b, loads) - cpuOf(a, loads));
      const retired = new Map((await liveRetiredDaemons(socket)).map((daemon) => [daemon.pid, daemon]));
      screen.draw((columns) => processTable(sorted, { columns, retired, loads }));
      await screen.wait(Math.max(MIN_INTERVAL_MS, interval));
    }
    return 0;
  },
});

function cpuOf({ id }: ListedProcess, loads: ReadonlyMap<string, { readonly cpuPercent: number | undefined }>): number {
  return loads.get(id)?.cpuPercent ?? 0;
}

import { withoutLauncher } from "../../agent/environment.ts";
import { defaultSocket } from "../../system/paths.ts";
import { wordsInTerminal } from "../../client/terminal_command.ts";
import { HELPER_PREFIX } from "../../client/run_command.ts";
import type { RetiredDaemon } from "../../handover/retired_files.ts";
import { liveRetiredDaemons, secondsSinceRetired } from "../retired_daemons.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { formatBytes } from "../progress_bar.ts";
import { formatAge, formatTable } from "../table.ts";
import { columnsOf } from "../terminal.ts";
import { print } from "../print.ts";

const HEADING = ["ID", "PID", "STATE", "AGE", "BUFFERED", "ATTACHED", "COMMAND"];

export default defineCommand({
  usage: "ps [--socket PATH] [--all] [--json | --quiet]",
  about: "Lists the processes of the daemon, oldest first. Ended ones are listed for 15 minutes.",
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
    const rows = processes.map((process) => [
      process.id,
      String(process.pid),
      process.running ? "running" : process.signal ?? `exit ${process.exitCode}`,
      formatAge(Date.now() / 1000 - process.startTime),
      formatBytes(process.bufferedBytes),
      process.attached ? "yes" : "no",
      ...(retired.size === 0 ? [] : [describeDaemon(process.daemon, retired)]),
      (wordsInTerminal(process) ?? withoutLauncher(process)).join(" ").replaceAll(/\s+/g, " "),
    ]);
    const heading = retired.size === 0 ? HEADING : HEADING.toSpliced(-1, 0, "DAEMON");
    print(formatTable([heading, ...rows], columnsOf(Deno.stdout)));
    return 0;
  },
});

/** Describes the daemon that has a process: the one that serves, or a retired one. */
function describeDaemon(pid: number | undefined, retired: ReadonlyMap<number, RetiredDaemon>): string {
  if (pid === undefined) return "serving";
  const daemon = retired.get(pid);
  return daemon === undefined ? `${pid}` : `${pid}, retired ${formatAge(secondsSinceRetired(daemon))} ago`;
}

/**
 * The benchmark, which compares claustrum with its yardsticks, alternately on the same machine.
 * `deno task bench [--rows word,word] [--pairs N] [--json | --table] [--keep-going]`
 *
 * It fails if a row misses its yardstick, unless `--keep-going` is given.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { exitCodeOf, formatOutcome, formatTable, type Outcome, runRow } from "./harness.ts";
import { clientRows } from "./rows/client.ts";
import { fileRows } from "./rows/files.ts";
import { hostRows } from "./rows/hosts.ts";
import { hubRows } from "./rows/hub.ts";
import { installRows } from "./rows/install.ts";
import { lifeRows } from "./rows/life.ts";
import { projectRows } from "./rows/projects.ts";
import { remoteRows } from "./rows/remote.ts";
import { streamRows } from "./rows/streams.ts";
import { usageRows } from "./rows/usage.ts";
import { webRows } from "./rows/web.ts";
import { wireRows } from "./rows/wire.ts";
import { createBench, MissingError } from "./bench.ts";
import { refuseUnknown } from "../helpers/task_arguments.ts";

const USAGE = "deno task bench [--rows word,word] [--pairs N] [--json | --table] [--keep-going]";
const args = parseArgs(Deno.args, {
  string: ["rows", "pairs"],
  boolean: ["json", "table", "keep-going"],
  unknown: refuseUnknown(USAGE),
});
const wanted = String(args["rows"] ?? "").split(",");
const pairs = Number(args["pairs"] ?? 5);
const outcomes: Outcome[] = [];
{
  await using stack = new AsyncDisposableStack();
  const bench = stack.use(await createBench());
  const rows = [
    ...wireRows(bench, stack),
    ...streamRows(bench, stack),
    ...lifeRows(bench),
    ...fileRows(bench, stack),
    ...installRows(bench, stack),
    ...clientRows(bench),
    ...hubRows(bench, stack),
    ...usageRows(bench, stack),
    ...webRows(bench, stack),
    ...projectRows(bench, stack),
    ...remoteRows(bench, stack),
    ...hostRows(bench, stack),
  ];
  for (const row of rows) {
    if (!wanted.some((word) => row.name.includes(word))) continue;
    try {
      const outcome = await runRow(row, pairs);
      outcomes.push(outcome);
      if (!args["json"]) console.log(formatOutcome(outcome));
    } catch (error) {
      // A row whose yardstick is not installed is skipped.
      if (!(error instanceof Deno.errors.NotFound || error instanceof MissingError)) throw error;
      console.error(`${row.name}: skipped, ${error.message}`);
    }
  }
}
if (args["json"]) console.log(JSON.stringify(outcomes, null, 2));
const missed = outcomes.filter(({ isMet }) => !isMet);
if (args["table"]) console.log(formatTable(outcomes));
if (!args["json"]) console.log(`${outcomes.length - missed.length} of ${outcomes.length} figures reached`);
Deno.exitCode = exitCodeOf(outcomes, args["keep-going"] === true);

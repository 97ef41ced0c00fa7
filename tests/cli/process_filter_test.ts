import { assertEquals, assertThrows } from "@std/assert";
import { processFilter } from "../../lib/cli/process_filter.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import type { ListedProcess } from "../../lib/cli/process_text.ts";
import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";

const PROCESS: ListedProcess = {
  id: "web-1",
  command: "node",
  args: ["server.js", "--port", "80"],
  cwd: "",
  pid: 1,
  startTime: 1,
  running: true,
  firstSeq: 0,
  lastSeq: 0,
  stdinApplied: 0,
  bufferedBytes: 0,
  attached: false,
  labels: { job: "test", "a=b": "", empty: "" },
};

Deno.test("processFilter() fits labels, states, ids and commands, all of them at once", () => {
  const cases: [string[], boolean][] = [
    [[], true],
    [["label=job"], true],
    [["label=job=test"], true],
    [["label=job=te"], false],
    [["label=empty="], true],
    [["label=toString"], false],
    [["state=running"], true],
    [["state=ended"], false],
    [["state=restarting"], false],
    [["id=web"], true],
    [["command=server.js --port"], true],
    [["command=server.js", "state=ended"], false],
  ];
  for (const [filters, fits] of cases) assertEquals(processFilter(filters)(PROCESS), fits, filters.join());
});

Deno.test("processFilter() refuses what it does not know", () => {
  for (const text of ["label", "state=up", "state=toString", "pid=1", "label=", ""]) {
    assertThrows(() => processFilter([text]), UsageError, "--filter");
  }
});

Deno.test("run --label labels a process, which ps --filter finds and a restart keeps", async () => {
  await using daemon = await startDaemon();
  const run = (command: string, ...args: string[]) =>
    claustrum(daemon.directory, [command, "--socket", daemon.socket, ...args]);
  const start = (...args: string[]) => run("run", "--detach", ...args, "--", "sleep", "1000");
  await Promise.all([
    start("--id", "a", "--label", "job=test", "--label", "x"),
    start("--id", "b"),
    start("--id", "c"),
  ]);
  const found = () => run("ps", "--quiet", "--filter", "label=job=test", "--filter", "label=x");
  assertEquals((await found()).stdout, "a\n");
  assertEquals((await run("restart", "a")).code, 0);
  assertEquals((await found()).stdout, "a\n");
  const { labels } = JSON.parse((await run("inspect", "a", "--json")).stdout);
  assertEquals(labels, { job: "test", x: "" });
  assertEquals((await run("ps", "--filter", "color=red")).code, 2);
});

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LoadMeter } from "../../lib/cli/process_load.ts";
import { processTable } from "../../lib/cli/process_table.ts";
import type { ListedProcess } from "../../lib/cli/process_text.ts";
import { claustrum } from "../helpers/command.ts";
import { CLI, startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { openShell } from "../helpers/shell_terminal.ts";

const TOP = `'${Deno.execPath()}' run -A --quiet '${CLI}' top`;

/** Starts a process that computes, in a group of its own below its leader, and one that waits. */
async function spawnTwo(daemon: TestDaemon): Promise<void> {
  using client = await daemon.connect();
  const busy = "bash -ic 'while :; do :; done' & wait";
  for (const [id, script] of [["idle", "exec sleep 1000"], ["busy", busy]] as const) {
    await client.call("process.spawn", { id, command: "sh", args: ["-c", script] });
  }
}

Deno.test("top shows the busiest process first, at 80 and 50 columns, and restores the terminal when left", async () => {
  await using daemon = await startDaemon();
  await spawnTwo(daemon);
  for (const [columns, key] of [[80, "q"], [50, "C-c"]] as const) {
    await using terminal = await openShell({ home: daemon.directory, columns, rows: 20 });
    await terminal.type("stty -g > ~/before; echo still here");
    await terminal.shows(/^still here$/m);
    await terminal.type(`${TOP} --interval 0.2 --socket ${daemon.socket}; echo code $?`);
    const screen = await terminal.shows(/^busy .* [1-9]\d+%/m);
    assertMatch(screen, /^ID .* CPU +MEMORY .*COMMAND\nbusy .*\nidle /);
    assert(!screen.includes("still here"));
    await terminal.press(key);
    assertStringIncludes(await terminal.shows(/code 0/), "still here");
    await terminal.type("stty -g | cmp - ~/before && echo restored");
    await terminal.shows(/^restored$/m);
  }
});

Deno.test("top refuses to draw on anything but a terminal, and names what prints the same", async () => {
  await using daemon = await startDaemon();
  const { code, stderr } = await claustrum(daemon.directory, ["top", "--socket", daemon.socket]);
  assertEquals([code, stderr], [1, "claustrum: top needs a terminal: claustrum ps --stats prints the same once\n"]);
});

Deno.test("ps --stats adds the processor and the memory, to the JSON too", async () => {
  await using daemon = await startDaemon();
  await spawnTwo(daemon);
  const ps = (...flags: string[]) =>
    claustrum(daemon.directory, ["ps", "--socket", daemon.socket, "--stats", ...flags]);
  const [text, json] = await Promise.all([ps(), ps("--json")]);
  assertMatch(text.stdout, /^ID +PID +STATE +CPU +MEMORY .*\nidle .* 0.0% /);
  const [idle, busy] = JSON.parse(json.stdout) as { cpuPercent: number; memoryBytes: number }[];
  assert(busy!.cpuPercent > 0 && idle!.cpuPercent < busy!.cpuPercent, json.stdout);
  assert(busy!.memoryBytes > idle!.memoryBytes && idle!.memoryBytes > 100_000, json.stdout);
});

Deno.test("LoadMeter.measure() leaves out processes that have ended, for which the table shows nothing", async () => {
  const process: ListedProcess = {
    id: "a",
    command: "x",
    args: [],
    cwd: "",
    pid: Deno.pid,
    startTime: 0,
    running: false,
    exitCode: 0,
    firstSeq: 0,
    lastSeq: 0,
    stdinApplied: 0,
    bufferedBytes: 0,
    attached: false,
  };
  const loads = await new LoadMeter().measure([process]);
  assertEquals(loads, new Map());
  assertMatch(processTable([process], { columns: 80, retired: new Map(), loads }), / exit 0 +- +- /);
});

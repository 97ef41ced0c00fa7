import { assert, assertEquals } from "@std/assert";
import { processTable, type ProcessTableOptions } from "../../lib/cli/process_table.ts";
import { describeState, type ListedProcess, showId } from "../../lib/cli/process_text.ts";
import { displayWidth } from "../../lib/cli/terminal_text.ts";

const NOW = 1_000_000_000;
const UUIDS = ["0b5e1c9a-7f3d-4a6e-9a53-0d8d1f6f7a10", "0b5e1c9a-8000-4a6e-9a53-0d8d1f6f7a10"] as const;

function process(id: string, more: Partial<ListedProcess> = {}): ListedProcess {
  return {
    id,
    command: "sleep",
    args: ["1000"],
    cwd: "/",
    pid: 4_194_000,
    startTime: NOW / 1000 - 90,
    running: true,
    firstSeq: 0,
    lastSeq: 0,
    stdinApplied: 0,
    bufferedBytes: 0,
    attached: false,
    ...more,
  };
}

function table(processes: readonly ListedProcess[], columns: number, more: Partial<ProcessTableOptions> = {}) {
  return processTable(processes, { columns, retired: new Map(), now: NOW, ...more }).split("\n");
}

Deno.test("processTable() keeps whole ids and all columns when there is no terminal", () => {
  assertEquals(table([process(UUIDS[0])], Infinity), [
    "ID                                    PID      STATE    AGE  BUFFERED  ATTACHED  COMMAND",
    `${UUIDS[0]}  4194000  running  1m   0 B       no        sleep 1000`,
  ]);
});

Deno.test("processTable() shortens random ids as far as they stay unique, and leaves columns out at 50 columns", () => {
  assertEquals(table(UUIDS.map((id) => process(id)), 50), [
    "ID          PID      STATE    AGE  COMMAND",
    "0b5e1c9a-7  4194000  running  1m   sleep 1000",
    "0b5e1c9a-8  4194000  running  1m   sleep 1000",
  ]);
});

Deno.test("processTable() fits 50 and 30 columns with long, wide and hostile ids, and stays aligned", () => {
  const ids = ["x".repeat(200), "日本語のとても長い名前のプロセス", "\x1b[31mred\x1b[0m\n\t\u202e", "a"];
  for (const columns of [50, 30]) {
    const lines = table(ids.map((id) => process(id, { command: "\x1b]0;title\x07x\ny" })), columns);
    assertEquals(lines.length, ids.length + 1);
    for (const line of lines) {
      assert(displayWidth(line) <= columns, line);
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x1f\x7f-\x9f\u202e]/.test(line), JSON.stringify(line));
    }
    const states = lines.slice(1).map((line) => displayWidth(line.slice(0, line.indexOf("running"))));
    assertEquals(new Set(states).size, 1);
  }
});

Deno.test("processTable() shows restarts when a process has any", () => {
  const waiting = process("a", { restart: "always", restarts: 3, restartAt: NOW / 1000 + 3.2 });
  assertEquals(table([waiting, process("b")], 80), [
    "ID  PID      STATE          AGE  BUFFERED  ATTACHED  RESTART    COMMAND",
    "a   -        restart in 4s  1m   0 B       no        always 3x  sleep 1000",
    "b   4194000  running        1m   0 B       no                   sleep 1000",
  ]);
});

Deno.test("describeState() says how a process has ended", () => {
  const states = [{ exitCode: 3 }, { exitCode: -1, signal: "SIGKILL" }].map((more) =>
    describeState(process("a", { running: false, ...more }), NOW)
  );
  assertEquals(states, ["exit 3", "SIGKILL"]);
});

Deno.test("showId() shows control characters, so that ids that differ look different", () => {
  assertEquals(["a\nb", "a\tb", "\x1b[1ma", "ü"].map(showId), ["a^Jb", "a^Ib", "^[[1ma", "ü"]);
});

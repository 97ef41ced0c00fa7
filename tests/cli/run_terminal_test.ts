import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { CLI, startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { openShell, type ShellTerminal } from "../helpers/shell_terminal.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

const CLAUSTRUM = `'${Deno.execPath()}' run -A --quiet '${CLI}'`;
/** The sizes of the windows: columns and rows. */
const SIZES = [[100, 30], [60, 12], [132, 43]] as const;

/** Vim, whichever is installed. */
const VIM = ["vim", "vim.tiny"].find((name) => findProgram(name) !== undefined) ?? "vim";

/** The packages of programs that are named differently. */
const PACKAGES: Readonly<Record<string, string>> = { script: "bsdutils", vim: "vim-tiny", top: "procps" };

/** Defines a test that needs a terminal, and programs to run in it. */
function testInTerminal(name: string, programs: readonly string[], run: () => Promise<void>): void {
  const missing = ["tmux", "script", ...programs].filter((program) => findProgram(program) === undefined);
  Deno.test({
    ...needing(name, missing.length === 0, missing.map((name) => PACKAGES[name] ?? name).join(", ")),
    fn: run,
  });
}

/** Opens a window, and types a claustrum command there. */
async function openWith(
  { directory, socket }: TestDaemon,
  command: string,
  [columns, rows]: readonly [number, number] = SIZES[0],
): Promise<ShellTerminal> {
  const window = await openShell({ home: directory, columns, rows });
  await window.type(`clear; ${CLAUSTRUM} ${command.replace(/^\w+/, `$& --socket ${socket}`)}; echo code $?`);
  return window;
}

/** Waits until the shell of a window has its terminal again, as it was. */
async function comesBack(window: ShellTerminal, code?: number): Promise<void> {
  if (code !== undefined) await window.shows(new RegExp(`^code ${code}$`, "m"));
  await window.type("stty -a | tr ' ' '\\n' | grep -x -e '-*icanon' -e '-*opost' -e '-*echo' | xargs echo modes");
  await window.shows(/^modes opost icanon echo$/m);
}

/** Waits until the shell in a window has a terminal of some size. */
async function hasSize(window: ShellTerminal, columns: number, rows: number): Promise<void> {
  await window.type(`until test "$(stty size)" = "${rows} ${columns}"; do sleep 0.02; done; echo the size`);
  await window.shows(/^the size$/m);
}

async function processOf(daemon: TestDaemon, id: string): Promise<Record<string, unknown> | undefined> {
  using client = await daemon.connect();
  const { result } = await client.call("process.list", {});
  return (result!.processes as Record<string, unknown>[]).find((process) => process.id === id);
}

/** Whether all lines but the last show the beginning of a file that vim edits. */
function isWholeFile(screen: string, rows: number): boolean {
  const lines = screen.split("\n").slice(0, rows - 1);
  return lines.length === rows - 1 && lines.every((line, i) => line.startsWith(`line ${i + 1} `));
}

testInTerminal("attach shows vim again at the size of each window, and what was typed in the last", [VIM], async () => {
  await using daemon = await startDaemon();
  const file = `${daemon.directory}/file`;
  await Deno.writeTextFile(file, Array.from({ length: 100 }, (_, i) => `line ${i + 1} .\n`).join(""));
  const run = `run -it --detach --id editor -- ${VIM} -u NONE -N -n ${file}`;
  let typed = "";
  for (const [i, size] of [...SIZES, SIZES[2]].entries()) {
    const command = i === 0 ? run.replace("--detach ", "") : "attach editor";
    await using window = await openWith(daemon, command, size);
    const [, rows] = size;
    await waitFor("the whole file", async () => isWholeFile(await window.screen(), rows));
    await window.shows(new RegExp(`^line 1 ${typed}\\.`));
    typed += String(i);
    await window.press("1");
    await window.press("G");
    await window.press("$");
    await window.press("i");
    await window.press(String(i));
    await window.shows(new RegExp(`^line 1 ${typed}\\.`));
    await window.press("Escape");
    if (i === 3) {
      await window.type(":wq");
      await comesBack(window, 0);
    } else {
      await window.press("C-\\");
      assertStringIncludes(await window.shows(/detached from "editor"/), "attach again with: ");
      await comesBack(window, 0);
    }
  }
  assertStringIncludes(await Deno.readTextFile(file), "line 1 0123.\n");
});

testInTerminal("attach shows top again at the size of each window, also at the same size", ["top"], async () => {
  await using daemon = await startDaemon();
  await using first = await openWith(daemon, "run -t --id load -- top -d 1000");
  await first.shows(/^top - [\s\S]*^ +PID USER/m);
  await first.press("C-\\");
  await comesBack(first, 0);
  for (const size of [SIZES[1], SIZES[2], SIZES[2]]) {
    await using window = await openWith(daemon, "attach load", size);
    await window.shows(/^top - [\s\S]*^ +PID USER/m);
  }
  await using last = await openWith(daemon, "attach load", SIZES[0]);
  await last.shows(/^top - /);
  await last.press("q");
  await comesBack(last, 0);
});

testInTerminal(
  "attach shows a shell again, with its lines and what is half typed, at the window's size",
  [],
  async () => {
    await using daemon = await startDaemon();
    await using first = await openWith(daemon, "run -t --id shell -e PS1='ready> ' -- bash --norc -i");
    await first.shows(/^ready>$/m);
    await first.type("echo $TERM; seq 100 104");
    await first.shows(/^104$/m);
    await first.press("h");
    await first.shows(/^ready> h$/m);
    await first.press("C-\\");
    await comesBack(first, 0);
    let half = " h";
    for (const [columns, rows] of SIZES) {
      await using window = await openWith(daemon, "attach shell", [columns, rows]);
      await window.shows(new RegExp(`^(screen|tmux).*\\n100\\n101\\n102\\n103\\n104\\n[^]*^ready>${half}$`, "m"));
      half += half === "" ? " h" : "h";
      await window.press("h");
      await window.shows(new RegExp(`^ready>${half}$`, "m"));
      await window.press("C-u");
      await hasSize(window, columns, rows);
      await window.type("clear; echo $TERM; seq 100 104");
      await window.shows(/^104\nready>$/m);
      await window.resize(columns + 1, rows + 1);
      await hasSize(window, columns + 1, rows + 1);
      await window.type("clear; echo $TERM; seq 100 104");
      await window.shows(/^104\nready>$/m);
      half = "";
    }
    await using last = await openWith(daemon, "attach shell");
    await last.shows(/^ready>/m);
    await last.type("exit 7");
    await comesBack(last, 7);
  },
);

testInTerminal("a process in a terminal lives on when its window closes", [], async () => {
  await using daemon = await startDaemon();
  const window = await openWith(daemon, "run -t --id shell -e PS1='ready> ' -- bash --norc -i");
  await window.shows(/^ready>$/m);
  assertMatch(await window.screen(), /^claustrum: ctrl-\\ detaches from "shell", which runs on$/m);
  await window.close();
  await window[Symbol.asyncDispose]();
  await waitFor("it to detach", async () => (await processOf(daemon, "shell"))?.attached === false);
  assertEquals((await processOf(daemon, "shell"))?.running, true);
  await using again = await openWith(daemon, "attach shell --detach-keys ctrl-x");
  await again.shows(/^ready>$/m);
  await again.press("C-x");
  await comesBack(again, 0);
});

testInTerminal("the person's terminal is brought back when the command is killed or terminated", [VIM], async () => {
  await using daemon = await startDaemon();
  for (const signal of ["SIGKILL", "SIGTERM", "SIGQUIT"] as const) {
    const action = signal === "SIGKILL" ? `run -t --id editor -- ${VIM} -u NONE -N -n` : "attach editor";
    await using window = await openWith(daemon, action);
    await window.shows(/^~$/m);
    await window.press("i");
    await window.shows(/-- INSERT --/);
    const pids = await childrenOf(window.pid);
    assertEquals(pids.length, 1);
    Deno.kill(pids[0]!, signal);
    await waitFor("the first screen", async () => !/^~$/m.test(await window.screen()));
    if (signal === "SIGTERM") await window.shows(/^code 143$/m);
    await comesBack(window);
    assertEquals((await processOf(daemon, "editor"))?.running, true);
    await waitFor("it to end", () => !isAlive(pids[0]!));
  }
});

async function childrenOf(pid: number): Promise<number[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return text.trim().split(" ").filter((word) => word !== "").map(Number);
}

testInTerminal("several look at a process in a terminal, and one types", [], async () => {
  await using daemon = await startDaemon();
  await using first = await openWith(daemon, "run -t --id shell -e PS1='ready> ' -- bash --norc -i");
  await first.shows(/^ready>$/m);
  await using observer = await openWith(daemon, "attach shell --observe", SIZES[1]);
  await observer.shows(/^ready>$/m);
  await observer.press("x");
  await first.type("echo seen; stty size");
  assertMatch(await observer.shows(/^seen$/m), /^30 100$/m);
  assertEquals((await first.screen()).includes("x"), false);
  await using second = await openWith(daemon, "attach shell", SIZES[1]);
  await first.shows(/another client has attached/);
  await second.shows(/^ready>$/m);
  await hasSize(second, 60, 12);
  await second.type("clear; echo from two");
  await first.shows(/^from two$/m);
  await observer.shows(/^from two$/m);
  for (const window of [observer, first]) {
    await window.press("C-c");
    await comesBack(window, 0);
  }
  await second.type("exit");
  await comesBack(second, 0);
});

Deno.test("run -t gives 80×24 and the input of a pipe to a process if the caller has no terminal", async () => {
  await using daemon = await startDaemon();
  const script = "stty size; echo $TERM; read line; echo $line";
  const args = ["run", "--socket", daemon.socket, "-t", "--id", "job", "--", "sh", "-c", script];
  const { code, stdout, stderr } = await claustrum(daemon.directory, args, { stdin: "typed\n" });
  assertEquals([code, stderr], [0, ""]);
  // The terminal echoes what is typed at any time.
  assertEquals(stdout.split("\r\n").sort(), ["", "24 80", "typed", "typed", "xterm-256color"]);
  const { stdout: table } = await claustrum(daemon.directory, ["ps", "--socket", daemon.socket]);
  assertMatch(table, / sh -c stty size; echo \$TERM; read line; echo \$line\n$/);
});

testInTerminal("run gives a hint, once, to who runs what needs a terminal without -t", ["top"], async () => {
  await using daemon = await startDaemon();
  for (const [command, code] of [["top", 1], ["sh -c 'echo not a tty >&2; echo not a tty >&2'", 0]] as const) {
    await using window = await openWith(daemon, `run -- ${command}`);
    const screen = await window.shows(new RegExp(`^code ${code}$`, "m"));
    assertEquals(screen.match(/^claustrum: no terminal: run it with -t$/gm)?.length, 1, screen);
  }
  await using shell = await openWith(daemon, "run --id shell -- bash");
  await shell.shows(/^claustrum: no terminal: run it with -t$/m);
  await shell.type("exit 3");
  await shell.shows(/^code 3$/m);
  await using plain = await openWith(daemon, "run -- echo done");
  assertEquals(/no terminal/.test(await plain.shows(/^code 0$/m)), false);
});

import { assertEquals, assertMatch } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { comesBack, hasSize, openWith, processOf, SIZES, testInTerminal, VIM } from "../helpers/process_window.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

testInTerminal("a process in a terminal lives on when its window closes", [], async () => {
  await using daemon = await startDaemon();
  await using view = await openWith(daemon, "run -t --id shell -e PS1='ready> ' -- bash --norc -i");
  await view.shows(/^ready>$/m);
  assertMatch(await view.screen(), /^claustrum: ctrl-\\ detaches from "shell", which runs on$/m);
  await view.close();
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
    await using view = await openWith(daemon, action);
    await view.shows(/^~$/m);
    await view.press("i");
    await view.shows(/-- INSERT --/);
    const pids = await childrenOf(view.pid);
    assertEquals(pids.length, 1);
    Deno.kill(pids[0]!, signal);
    await waitFor("the first screen", async () => !/^~$/m.test(await view.screen()));
    if (signal === "SIGTERM") await view.shows(/^code 143$/m);
    await comesBack(view);
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
  await observer.shows(/^seen\n30 100$/m);
  assertEquals((await first.screen()).includes("x"), false);
  await using second = await openWith(daemon, "attach shell", SIZES[1]);
  await first.shows(/another client has attached/);
  await second.shows(/^ready>$/m);
  await hasSize(second, 60, 12);
  await second.type("clear; echo from two");
  await first.shows(/^from two$/m);
  await observer.shows(/^from two$/m);
  for (const view of [observer, first]) {
    await view.press("C-c");
    await comesBack(view, 0);
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
    await using view = await openWith(daemon, `run -- ${command}`);
    const screen = await view.shows(new RegExp(`^code ${code}$`, "m"));
    assertEquals(screen.match(/^claustrum: no terminal: run it with -t$/gm)?.length, 1, screen);
  }
  await using shell = await openWith(daemon, "run --id shell -- bash");
  await shell.shows(/^claustrum: no terminal: run it with -t$/m);
  await shell.type("exit 3");
  await shell.shows(/^code 3$/m);
  await using plain = await openWith(daemon, "run -- echo done");
  assertEquals(/no terminal/.test(await plain.shows(/^code 0$/m)), false);
});

import { assertStringIncludes } from "@std/assert";
import { startDaemon } from "../helpers/daemon.ts";
import { comesBack, hasSize, openWith, SIZES, testInTerminal, VIM } from "../helpers/process_window.ts";
import { waitFor } from "../helpers/wait.ts";

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
    await using view = await openWith(daemon, command, size);
    const [, rows] = size;
    await waitFor("the whole file", async () => isWholeFile(await view.screen(), rows));
    await view.shows(new RegExp(`^line 1 ${typed}\\.`));
    typed += String(i);
    await view.press("1");
    await view.press("G");
    await view.press("$");
    await view.press("i");
    await view.press(String(i));
    await view.shows(new RegExp(`^line 1 ${typed}\\.`));
    await view.press("Escape");
    if (i === 3) {
      await view.type(":wq");
      await comesBack(view, 0);
    } else {
      await view.press("C-\\");
      assertStringIncludes(await view.shows(/detached from "editor"/), "attach again with: ");
      await comesBack(view, 0);
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
  for (const size of [SIZES[1], SIZES[2]]) {
    await using view = await openWith(daemon, "attach load", size);
    await view.shows(/^top - [\s\S]*^ +PID USER/m);
  }
  await using last = await openWith(daemon, "attach load", SIZES[2]);
  await last.shows(/^top - [\s\S]*^ +PID USER/m);
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
      await using view = await openWith(daemon, "attach shell", [columns, rows]);
      await view.shows(new RegExp(`^(screen|tmux).*\\n100\\n101\\n102\\n103\\n104\\n[^]*^ready>${half}$`, "m"));
      half += half === "" ? " h" : "h";
      await view.press("h");
      await view.shows(new RegExp(`^ready>${half}$`, "m"));
      await view.press("C-u");
      await hasSize(view, columns, rows);
      await view.type("clear; echo $TERM; seq 100 104");
      await view.shows(/^104\nready>$/m);
      await view.resize(columns + 1, rows + 1);
      await hasSize(view, columns + 1, rows + 1);
      await view.type("clear; echo $TERM; seq 100 104");
      await view.shows(/^104\nready>$/m);
      half = "";
    }
    await using last = await openWith(daemon, "attach shell");
    await last.shows(/^ready>/m);
    await last.type("exit 7");
    await comesBack(last, 7);
  },
);

import { assert, assertEquals, assertRejects } from "@std/assert";
import { existsSync } from "node:fs";
import { SessionError } from "../../lib/sessions/session_error.ts";
import { type BrowserTerminal, browserTerminal } from "../helpers/browser_terminal.ts";
import { findProgram } from "../helpers/program.ts";
import { seededRandom } from "../helpers/random.ts";
import { paneShows, type TerminalPane, terminalPane } from "../helpers/terminal_pane.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon, waitFor } from "../helpers/wait.ts";

const ENCODER = new TextEncoder();

/** Waits until the browser shows the same as the pane. */
async function agrees({ tmux, pane }: TerminalPane, browser: BrowserTerminal): Promise<void> {
  let [shown, expected]: string[][] = [[], []];
  const isSame = async () => {
    expected = (await tmux("capture-pane", "-p", "-t", pane)).split("\n");
    shown = browser.screen().map((line) => line.trimEnd());
    return shown.join("\n") === expected.join("\n");
  };
  try {
    await waitFor("the same screen", isSame, 20_000);
  } catch {
    assertEquals(shown, expected);
  }
}

function bytesOf(text: string): Uint8Array {
  return ENCODER.encode(text);
}

Deno.test("a terminal stream begins with what is on the screen, and goes on with what is typed", async () => {
  await using pane = await terminalPane("printf 'earlier\\n'; PS1='$ ' exec sh");
  await paneShows(pane, "earlier");
  await using stream = await pane.open();
  const browser = browserTerminal(stream);
  await browser.shows("earlier");
  await stream.write(bytesOf("printf 'héllo %s \\033[31m中文\\033[m' $((40 + 2))\r"));
  await browser.shows("héllo 42 中文");
  await agrees(pane, browser);
  assertEquals(browser.paintings, 1);
});

Deno.test("a terminal stream brings all output once, however often it is opened meanwhile", async () => {
  const count = "i=0; while [ $i -lt 60000 ]; do seq $((i + 1)) $((i += 100)); done";
  await using pane = await terminalPane(`read go; ${count}; echo the end; exec cat`);
  const all: BrowserTerminal[] = [];
  const open = async () => void all.push(browserTerminal(await pane.open()));
  await open();
  await pane.tmux("send-keys", "-t", pane.pane, "Enter");
  for (let i = 0; i < 10; i++) await open();
  for (const browser of all) {
    await browser.shows("the end");
    await agrees(pane, browser);
    const numbers = browser.lines().filter((line) => /^\d+$/.test(line)).map(Number);
    const [first = NaN] = numbers;
    assert(first <= 60_000 - 20);
    assertEquals(numbers, Array.from({ length: 60_001 - first }, (_, i) => first + i));
  }
});

Deno.test("a terminal stream types every byte, in order, also many at once", async () => {
  await using directory = await tempDir();
  const random = seededRandom(7);
  const pieces = [256, 1, 3, 200_000, 1, 2_000].map((length) =>
    Uint8Array.from({ length }, (_, i) => length === 256 ? i : Math.floor(random() * 256))
  );
  const all = new Uint8Array(pieces.flatMap((piece) => [...piece]));
  const file = `${directory.path}/typed`;
  await using pane = await terminalPane(
    `stty raw -echo; printf ready; head -c ${all.length} > ${file}; echo done; cat`,
  );
  await paneShows(pane, "ready");
  await using stream = await pane.open();
  await Promise.all(pieces.map((piece) => stream.write(piece)));
  await paneShows(pane, "done");
  assertEquals(await Deno.readFile(file), all);
});

Deno.test("what is typed is never a command of tmux", async () => {
  await using pane = await terminalPane("stty -echo; printf ready; exec cat");
  await paneShows(pane, "ready");
  await using stream = await pane.open();
  const browser = browserTerminal(stream);
  const line = '\' ; kill-server ; display-message "#{pid}" $HOME #(touch x) \\; C-c Enter \\';
  await stream.write(bytesOf(`${line}\nkill-server\n`));
  await browser.shows("kill-server\nkill-server".slice(12));
  await browser.shows(line);
  await agrees(pane, browser);
});

Deno.test("what is typed reaches the program while another person looks at the lines above", async () => {
  await using pane = await terminalPane("printf ready; exec cat");
  await paneShows(pane, "ready");
  await using stream = await pane.open();
  await pane.tmux("copy-mode", "-t", pane.pane);
  await stream.write(bytesOf("typed"));
  await paneShows(pane, "typed");
  assertEquals(await pane.tmux("display-message", "-p", "-t", pane.pane, "#{pane_in_mode}"), "0");
});

Deno.test("the program sees a new size, and so does every stream", async () => {
  await using pane = await terminalPane("trap 'clear; stty size' WINCH; while :; do sleep 0.02; done");
  await using first = await pane.open({ columns: 90, rows: 20 });
  await using second = await pane.open({ columns: 100, rows: 30 });
  await using viewer = await pane.open({ columns: 20, rows: 5, isReadOnly: true });
  const browsers = [first, second, viewer].map(browserTerminal);
  const haveSize = async (columns: number, rows: number) => {
    for (const { emulator } of browsers) {
      await waitFor(`${columns}x${rows}`, () => emulator.cols === columns && emulator.rows === rows);
    }
    for (const browser of browsers) await browser.shows(`${rows} ${columns}`);
    for (const browser of browsers) await agrees(pane, browser);
  };
  await haveSize(100, 30);
  await first.resize(70, 25);
  await haveSize(70, 25);
  await Promise.all([second.resize(80, 26), second.resize(81, 26), second.resize(82, 26)]);
  await haveSize(82, 26);
});

Deno.test("resize() refuses sizes that make no sense", async () => {
  await using pane = await terminalPane("exec cat");
  await using stream = await pane.open();
  for (const [columns, rows] of [[1, 24], [80, 1], [501, 24], [80, 501], [80.5, 24], [NaN, 24], [80, -1]] as const) {
    const error = await assertRejects(() => stream.resize(columns, rows), SessionError, "must be a whole number");
    assertEquals(error.kind, "bad_params");
  }
  await stream.resize(2, 2);
  await stream.resize(500, 500);
});

Deno.test("a stream that only shows the terminal neither types nor resizes", async () => {
  await using pane = await terminalPane("printf ready; exec cat");
  await paneShows(pane, "ready");
  await using stream = await pane.open({ columns: 30, rows: 10, isReadOnly: true });
  const browser = browserTerminal(stream);
  await browser.shows("ready");
  for (const refused of [() => stream.write(bytesOf("x")), () => stream.resize(40, 20)]) {
    assertEquals((await assertRejects(refused, SessionError)).kind, "refused");
  }
  assertEquals([browser.emulator.cols, browser.emulator.rows], [80, 24]);
  await agrees(pane, browser);
});

Deno.test("several streams show and drive one terminal", async () => {
  await using pane = await terminalPane("stty -echo; printf ready; exec cat");
  await using first = await pane.open();
  await using second = await pane.open();
  const browsers = [first, second].map(browserTerminal);
  await first.write(bytesOf("from the first\r"));
  await second.write(bytesOf("from the second\r"));
  for (const browser of browsers) {
    await browser.shows("from the first");
    await browser.shows("from the second");
  }
  await first.close();
  await browsers[0]!.over;
  await second.write(bytesOf("after it\r"));
  await browsers[1]!.shows("after it");
});

Deno.test("close() leaves no process in the daemon and no client of tmux", async () => {
  await using pane = await terminalPane("exec cat");
  const streams = await Promise.all([pane.open(), pane.open(), pane.open({ isReadOnly: true })]);
  assertEquals((await pane.processes()).length, 3);
  const browser = browserTerminal(streams[0]);
  await Promise.all(streams.map((stream) => stream.close()));
  assertEquals(await pane.processes(), []);
  await waitFor("no client", async () => await pane.tmux("list-clients") === "");
  await browser.over;
  for (const stream of streams) assertEquals((await stream.ended).reason, "closed");
  const error = await assertRejects(() => streams[0].write(bytesOf("x")), SessionError, "the terminal was closed");
  assertEquals(error.kind, "conflict");
});

Deno.test("a stream ends with its program, and leaves no process", async () => {
  await using pane = await terminalPane("read line; echo last words");
  await using stream = await pane.open();
  const browser = browserTerminal(stream);
  await stream.write(bytesOf("\r"));
  assertEquals((await soon("the end", stream.ended)).reason, "ended");
  await browser.over;
  assertEquals(await pane.processes(), []);
  await assertRejects(() => stream.write(bytesOf("x")), SessionError);
  await assertRejects(() => stream.resize(80, 24), SessionError);
});

Deno.test("a stream is not opened of a pane that is gone, or another's", async () => {
  await using pane = await terminalPane("exec cat");
  await pane.tmux("set-option", "-t", pane.pane, "@owner", "another's");
  await assertRejects(() => pane.open(), SessionError, "has ended");
  await pane.tmux("kill-server");
  await assertRejects(() => pane.open(), SessionError);
  assertEquals(await pane.processes(), []);
});

Deno.test("a reader that does not read costs no memory, holds no program, and sees the screen afterwards", async () => {
  await using directory = await tempDir();
  const done = `${directory.path}/done`;
  // 60 MB, which nobody reads.
  const output = "head -c 60000000 /dev/zero | tr '\\0' x | fold";
  await using pane = await terminalPane(`read go; ${output}; touch ${done}; echo the end; exec cat`);
  await using stream = await pane.open();
  await stream.output[Symbol.asyncIterator]().next();
  const before = memory();
  let most = 0;
  await stream.write(bytesOf("\r"));
  await waitFor("the end", () => {
    most = Math.max(most, memory() - before);
    return existsSync(done);
  });
  assert(most < 24 << 20, `${most} more bytes`);
  const browser = browserTerminal(stream);
  await browser.shows("the end");
  await agrees(pane, browser);
  await stream.write(bytesOf("still here"));
  await browser.shows("still here");
});

/** How many bytes the program uses for objects and buffers. */
function memory(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

Deno.test("a stream that tmux has paused is painted again", async () => {
  await using pane = await terminalPane("stty -echo; printf ready; exec cat");
  await paneShows(pane, "ready");
  await using stream = await pane.open();
  const browser = browserTerminal(stream);
  await browser.shows("ready");
  const client = await pane.tmux("list-clients", "-F", "#{client_name}");
  await pane.tmux("refresh-client", "-t", client, "-A", `${pane.pane}:pause`);
  await stream.write(bytesOf("after the pause\r"));
  await browser.shows("after the pause");
  await agrees(pane, browser);
  assertEquals(browser.paintings, 2);
});

Deno.test("a stream follows its pane when a person splits the window", async () => {
  await using pane = await terminalPane("PS1='$ ' exec sh");
  await using stream = await pane.open({ columns: 80, rows: 24 });
  const browser = browserTerminal(stream);
  await pane.tmux("split-window", "-h", "-t", pane.pane, "yes noise");
  await waitFor("half of the width", () => browser.emulator.cols === 40);
  await stream.write(bytesOf("seq 1 3000; echo the end\r"));
  await browser.shows("the end\n");
  await agrees(pane, browser);
  await pane.tmux("resize-pane", "-Z", "-t", pane.pane);
  await waitFor("the whole width", () => browser.emulator.cols === 80);
  await agrees(pane, browser);
});

Deno.test("a program that draws the whole screen again and again is shown", async () => {
  await using pane = await terminalPane("PS1='$ ' exec sh");
  await using stream = await pane.open();
  const browser = browserTerminal(stream);
  await stream.write(bytesOf("top -d 0.2\r"));
  await browser.shows("PID");
  await agrees(pane, browser);
  await stream.resize(100, 30);
  await waitFor("the size", () => browser.emulator.rows === 30);
  await agrees(pane, browser);
  await stream.write(bytesOf("q"));
  const program = () => pane.tmux("display-message", "-p", "-t", pane.pane, "#{pane_current_command}");
  await waitFor("the shell", async () => await program() === "sh");
  await stream.write(bytesOf("echo over\r"));
  await browser.shows("over\n");
  await agrees(pane, browser);
});

Deno.test({
  name: "an editor is shown and used through a stream",
  ignore: findProgram("vi") === undefined,
  async fn() {
    await using directory = await tempDir();
    const file = `${directory.path}/text`;
    await Deno.writeTextFile(file, "first line\nzwei Wörter\n");
    await using pane = await terminalPane(`vi ${file}`);
    await paneShows(pane, "zwei");
    await using stream = await pane.open({ columns: 60, rows: 15 });
    const browser = browserTerminal(stream);
    await browser.shows("zwei Wörter");
    await stream.write(bytesOf("Gonew 中文"));
    await browser.shows("new 中文");
    await agrees(pane, browser);
    await stream.resize(70, 20);
    await waitFor("the size", () => browser.emulator.cols === 70);
    await stream.write(bytesOf("\x1b"));
    await stream.write(bytesOf(":w\r"));
    await waitFor("the file", async () => (await Deno.readTextFile(file)).includes("new 中文"));
    await agrees(pane, browser);
  },
});

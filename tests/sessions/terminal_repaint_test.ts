import { assert, assertEquals } from "@std/assert";
import { type BrowserTerminal, browserTerminal } from "../helpers/browser_terminal.ts";
import { pick as pickOf, seededRandom } from "../helpers/random.ts";
import { paneShows, type TerminalPane, terminalPane } from "../helpers/terminal_pane.ts";
import { waitFor } from "../helpers/wait.ts";

/** A program that shows what is typed, byte by byte, and nothing else. */
const MIRROR = "stty raw -echo; printf ready; exec cat";
const ENCODER = new TextEncoder();

/** Starts a pane whose empty screen shows what is drawn. */
async function mirror(size = { columns: 40, rows: 10 }): Promise<TerminalPane> {
  const pane = await terminalPane(MIRROR, size);
  await paneShows(pane, "ready");
  await draw(pane, "\x1bc");
  await waitFor(
    "an empty screen",
    async () => await pane.tmux("capture-pane", "-p", "-t", pane.pane) === "\n".repeat(size.rows - 1),
  );
  await pane.tmux("clear-history", "-t", pane.pane);
  return pane;
}

/** Has the program in a pane write something. */
async function draw({ tmux, pane }: TerminalPane, text: string | Uint8Array): Promise<void> {
  const bytes = typeof text === "string" ? ENCODER.encode(text) : text;
  for (let at = 0; at < bytes.length; at += 500) {
    const hex = Array.from(bytes.subarray(at, at + 500), (byte) => byte.toString(16));
    await tmux("send-keys", "-t", pane, "-H", ...hex);
  }
}

/** What tmux says of a pane. */
async function ask({ tmux, pane }: TerminalPane, format: string): Promise<string> {
  return await tmux("display-message", "-p", "-t", pane, format);
}

/** Opens a stream at the size of the pane, once the pane shows a text, and waits until the browser shows it, too. */
async function opened(pane: TerminalPane, text: string): Promise<BrowserTerminal> {
  await paneShows(pane, text);
  const browser = browserTerminal(await pane.open({ columns: 40, rows: 10 }));
  await browser.shows(text);
  return browser;
}

/** The cell at a place of the screen. */
function cell({ emulator }: BrowserTerminal, x: number, y: number) {
  const { active } = emulator.buffer;
  return active.getLine(active.baseY + y)!.getCell(x)!;
}

function cursor({ emulator }: BrowserTerminal): [number, number] {
  const { cursorX, cursorY } = emulator.buffer.active;
  return [cursorX, cursorY];
}

Deno.test("a painting shows colours, attributes, wide letters, and line drawing", async () => {
  await using pane = await mirror();
  await draw(
    pane,
    "\x1b[1;31mred\x1b[m \x1b[48;2;1;2;3m  \x1b[m 中e\u0301 \x1b(0q\x1b(B q \x1b[38;5;200mpink\r\nstill\x1b[m end",
  );
  const browser = await opened(pane, "still end");
  assertEquals(browser.screen()[0], "red    中e\u0301 ─ q pink");
  assert(cell(browser, 0, 0).isBold() && cell(browser, 0, 0).getFgColor() === 1);
  assertEquals([cell(browser, 4, 0).getBgColor(), cell(browser, 6, 0).isBgDefault()], [0x010203, true]);
  assertEquals([cell(browser, 7, 0).getWidth(), cell(browser, 8, 0).getWidth()], [2, 0]);
  assertEquals([cell(browser, 0, 1).getFgColor(), cell(browser, 6, 1).isFgDefault()], [200, true]);
});

Deno.test("a painting leaves no colour on lines that have none", async () => {
  await using pane = await mirror();
  const lines = Array.from({ length: 30 }, (_, i) => `\x1b[44mblue ${i}\x1b[m\r\nplain ${i}\r\n`);
  await draw(pane, `${lines.join("")}end`);
  const browser = await opened(pane, "end");
  const { active } = browser.emulator.buffer;
  for (let y = 0; y < active.length; y++) {
    assert(active.getLine(y)!.getCell(30)!.isBgDefault(), `line ${y}: ${browser.lines()[y]}`);
  }
});

Deno.test("a painting has the lines above the screen, and the cursor", async () => {
  await using pane = await mirror();
  const lines = Array.from({ length: 1_500 }, (_, i) => `line ${i}`);
  await draw(pane, `${lines.join("\r\n")}\r\nend\x1b[3;7H`);
  const browser = await opened(pane, "end");
  assertEquals(browser.lines(), [...lines.slice(-1_009), "end"]);
  assertEquals(cursor(browser), [6, 2]);
});

Deno.test("a painting of fewer lines than the screen has puts none above it", async () => {
  await using pane = await mirror();
  await draw(pane, "a\r\nb\r\n\r\nc");
  const browser = await opened(pane, "c");
  assertEquals(browser.lines(), ["a", "b", "", "c", ...Array(6).fill("")]);
  assertEquals(cursor(browser), [1, 3]);
});

Deno.test("a painting sets the modes that tmux knows", async () => {
  await using pane = await mirror();
  const modes = ["?1h", "?1002h", "?1006h", "?25l", "4h", "3;8r", "?6h"].map((mode) => `\x1b[${mode}`);
  await draw(pane, `${modes.join("")}\x1b=\x1b[2;5Hhere`);
  const browser = await opened(pane, "here");
  const set = browser.emulator.modes;
  assertEquals(set.applicationCursorKeysMode, true);
  assertEquals(set.applicationKeypadMode, true);
  assertEquals(set.insertMode, true);
  assertEquals(set.originMode, true);
  assertEquals(set.wraparoundMode, true);
  assertEquals(set.mouseTrackingMode, "drag");
  // tmux does not tell: what is pasted must not be sent line by line.
  assertEquals(set.bracketedPasteMode, true);
  assertEquals(cursor(browser), [8, 3]);
  await draw(pane, "\x1b[?6l\x1b[?7l\x1b[?1002l\x1b[?1000h\x1b[?1l\x1b[4l\x1b>\x1b[r\x1b[5;1Hplain");
  const other = await opened(pane, "plain");
  const { wraparoundMode, mouseTrackingMode, originMode, insertMode } = other.emulator.modes;
  assertEquals([wraparoundMode, mouseTrackingMode, originMode, insertMode], [false, "vt200", false, false]);
  assertEquals([set.wraparoundMode, browser.screen()[4]], [true, "plain"]);
});

Deno.test("a painting keeps the scroll region", async () => {
  await using pane = await mirror();
  await draw(pane, "\x1b[1;1Htop\x1b[10;1Hbottom\x1b[2;9r\x1b[9;1Hlast");
  const browser = await opened(pane, "last");
  await draw(pane, "\r\nnew");
  await browser.shows("new");
  assertEquals(browser.screen(), ["top", "", "", "", "", "", "", "last", "new", "bottom"]);
});

Deno.test("a painting of the alternate screen has the normal one behind it", async () => {
  await using pane = await mirror();
  const lines = Array.from({ length: 15 }, (_, i) => `line ${i}`);
  await draw(pane, `${lines.join("\r\n")}\x1b[7;3H\x1b[?1049h\x1b[2J\x1b[4;4Hfull screen`);
  const browser = await opened(pane, "full screen");
  assertEquals(browser.screen()[3], "   full screen");
  assertEquals([browser.emulator.buffer.active.type, cursor(browser)], ["alternate", [14, 3]]);
  await draw(pane, "\x1b[?1049lback");
  await browser.shows("back");
  assertEquals(browser.emulator.buffer.active.type, "normal");
  assertEquals(browser.lines(), lines.map((line, i) => i === 11 ? "liback1" : line));
});

Deno.test("a control sequence that is unfinished when the screen is painted is finished by what follows", async () => {
  await using pane = await mirror();
  await draw(pane, "before\x1b[3");
  const browser = await opened(pane, "before");
  await draw(pane, "1mred");
  await browser.shows("red");
  assertEquals(browser.screen()[0], "beforered");
  assertEquals(cell(browser, 6, 0).getFgColor(), 1);
});

Deno.test("a letter that is unfinished when the screen is painted appears whole", async () => {
  await using pane = await mirror();
  const letter = ENCODER.encode("中");
  await draw(pane, ENCODER.encode("before"));
  await draw(pane, letter.subarray(0, 2));
  const browser = await opened(pane, "before");
  await draw(pane, letter.subarray(2));
  await browser.shows("before中");
  assertEquals(browser.paintings, 2);
});

Deno.test("a stream of bytes that are no letters is not painted again and again", async () => {
  await using pane = await mirror();
  await draw(pane, "before");
  const browser = await opened(pane, "before");
  for (let i = 0; i < 10; i++) {
    await draw(pane, Uint8Array.of(0x80));
    await draw(pane, String(i));
    await browser.shows(String(i));
  }
  assert(browser.paintings < 6, `${browser.paintings} paintings`);
});

Deno.test("a line that is full goes on in the next one after a painting", async () => {
  await using pane = await mirror();
  await draw(pane, `\x1b[32mgreen\r\n${"x".repeat(40)}`);
  const browser = await opened(pane, "xxx");
  await draw(pane, "y");
  await browser.shows("y");
  assertEquals(browser.screen().slice(0, 3), ["green", "x".repeat(40), "y"]);
  assertEquals(cell(browser, 39, 1).getFgColor(), 2);
});

Deno.test("a painting shows lines that look like tmux's own as what they are", async () => {
  await using pane = await mirror();
  const lines = ["%end 1 2 1", "%exit", `%output ${pane.pane} evil`, "%begin 1 2 1", "\\033[31mnot red"];
  await draw(pane, `${lines.join("\r\n")}\r\nlast`);
  const browser = await opened(pane, "last");
  assertEquals(browser.screen().slice(0, 6), [...lines, "last"]);
  assertEquals(cell(browser, 10, 4).isFgDefault(), true);
});

Deno.test("paintings of random screens show what tmux shows", async () => {
  const next = seededRandom(20_260_101);
  const pick = <T>(values: readonly T[]): T => pickOf(next, values);
  const upTo = (most: number) => 1 + Math.floor(next() * most);
  const step = () =>
    pick([
      () => pick(["word ", "longer words ", "中文", "é", "x".repeat(upTo(60))]),
      () => `\x1b[${upTo(10)};${upTo(40)}H`,
      () => `\x1b[${pick([0, 1, 4, 7, 31, 92, 39])}m`,
      () =>
        pick(["\r\n", "\n", "\r", "\b", "\t", "\x1bM", "\x1b[K", "\x1b[1K", "\x1b[J", "\x1b[L", "\x1b[M", "\x1b[3P"]),
      () => pick(["\x1b[2;8r", "\x1b[r", "\x1b[?1049h", "\x1b[?1049l"]),
    ])();
  await using pane = await mirror();
  for (let screen = 0; screen < 15; screen++) {
    const steps = Array.from({ length: 40 }, step);
    await draw(pane, `\x1b]2;${screen}\x1b\\${steps.join("")}\x1b]2;${screen} drawn\x1b\\`);
    await waitFor("the drawing", async () => await ask(pane, "#{pane_title}") === `${screen} drawn`);
    const expected = await pane.tmux("capture-pane", "-p", "-t", pane.pane);
    const place = await ask(pane, "#{cursor_x},#{cursor_y},#{alternate_on}");
    const stream = await pane.open({ columns: 40, rows: 10 });
    const browser = browserTerminal(stream);
    await waitFor("the painting", () => browser.paintings > 0);
    await stream.close();
    await browser.over;
    const story = JSON.stringify(steps);
    assertEquals(browser.screen().map((line) => line.trimEnd()), expected.split("\n"), story);
    const isAlternate = browser.emulator.buffer.active.type === "alternate" ? 1 : 0;
    assertEquals([...cursor(browser), isAlternate].join(), place, story);
  }
});

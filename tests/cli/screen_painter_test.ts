import { assertEquals } from "@std/assert";
import headless from "@xterm/headless";
import { paintScreen } from "../../lib/cli/screen_painter.ts";

type Emulator = InstanceType<typeof headless.Terminal>;

async function emulatorWith(output: string, cols = 12, rows = 4): Promise<Emulator> {
  const emulator = new headless.Terminal({ allowProposedApi: true, cols, rows, scrollback: 100 });
  await new Promise<void>((resolve) => emulator.write(output, resolve));
  return emulator;
}

/** All cells, the cursor and the kind of the screen. */
function stateOf({ buffer }: Emulator, from = 0): unknown {
  const { active } = buffer;
  const cells = Array.from({ length: active.length - from }, (_, y) => {
    const line = active.getLine(y + from)!;
    return Array.from({ length: line.length }, (_, x) => {
      const cell = line.getCell(x)!;
      const style = [cell.isBold(), cell.isInverse(), cell.isUnderline(), cell.isFgRGB(), cell.isBgPalette()];
      return [cell.getChars() || " ", cell.getWidth(), cell.getFgColor(), cell.getBgColor(), ...style].join();
    }).join("|");
  });
  return { cells, x: active.cursorX, y: active.cursorY, type: active.type };
}

const SCREENS = {
  "an empty screen": "",
  "a few lines": "one\r\ntwo\r\n$ half",
  "more lines than the screen has": Array.from({ length: 9 }, (_, i) => `line ${i}`).join("\r\n"),
  "a line that wraps": "a line that is longer than the screen\r\n$ ",
  "a line that wraps after blanks": `${"x".repeat(8)}${" ".repeat(10)}y`,
  "a full last column": "x".repeat(12),
  "a wide character in the last column": `${"x".repeat(10)}日`,
  "colours and attributes":
    "\x1b[1;31mred\x1b[0;7m in \x1b[m\x1b[38;5;200;44mp\x1b[38;2;1;2;3mr\x1b[m\x1b[93;100mz\x1b[m.",
  "coloured blanks": "a\x1b[44m\x1b[K\r\nb\x1b[m",
  "wide characters": "日本語 😀\r\nab日",
  "the second screen": "first\r\n$ \x1b[?1049h\x1b[2;3Hsecond\x1b[4;1H~",
} as const;

for (const [name, output] of Object.entries(SCREENS)) {
  Deno.test(`paintScreen() shows ${name}, whatever was on the terminal`, async () => {
    const from = await emulatorWith(output);
    const to = await emulatorWith("older\r\nlines\r\nof\r\nthe\r\nperson \x1b[41m");
    await new Promise<void>((resolve) => to.write(paintScreen(from), resolve));
    const before = to.buffer.active.length - from.buffer.active.length;
    assertEquals(stateOf(to, Math.max(0, before)), stateOf(from));
    from.dispose();
    to.dispose();
  });
}

Deno.test("paintScreen() leaves the first screen alone under a program that uses only the second", async () => {
  const from = await emulatorWith("\x1b[?1049hediting");
  const to = await emulatorWith("$ claustrum attach");
  await new Promise<void>((resolve) => to.write(`${paintScreen(from)}\x1b[?1049l`, resolve));
  assertEquals(to.buffer.active.getLine(0)?.translateToString(true), "$ claustrum ");
  from.dispose();
  to.dispose();
});

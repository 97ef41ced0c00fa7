import { assert, assertEquals } from "@std/assert";
import { styledText, withoutControls } from "../../../lib/web/text/ansi.ts";

function shown(text: string): string[] {
  return styledText(text).map(({ text, style }) => style === "" ? text : `${style}: ${text}`);
}

Deno.test("styledText() keeps colours and weights", () => {
  assertEquals(shown("a\x1b[31mb\x1b[1mc\x1b[0md"), ["a", "ansi-red: b", "ansi-red ansi-bold: c", "d"]);
  assertEquals(shown("\x1b[92mok\x1b[39m \x1b[4;3mu\x1b[24m i"), [
    "ansi-green: ok",
    " ",
    "ansi-underline ansi-italic: u",
    "ansi-italic:  i",
  ]);
});

Deno.test("styledText() shows many colours as the nearest of few, and no backgrounds", () => {
  assertEquals(shown("\x1b[38;5;196mr\x1b[38;2;10;200;20mg\x1b[48;5;196;34mb"), [
    "ansi-red: r",
    "ansi-green: g",
    "ansi-blue: b",
  ]);
});

Deno.test("styledText() shows what is hidden on a terminal", () => {
  assertEquals(shown("\x1b[8msecret\x1b[30;40mblack"), ["secret", "ansi-black: black"]);
});

Deno.test("withoutControls() removes what a terminal would act on", () => {
  const controls = [
    "\x1b[2J",
    "\x1b[10;10H",
    "\x1b[?25l",
    "\x1b]0;title\x07",
    "\x1b]8;;http://a\x1b\\",
    "\x1bP1;2|x\x1b\\",
    "\x1bc",
    "\x1b(B",
    "\x9b31m",
    "\x9d0;t\x9c",
    "\x07",
    "\x08",
    "\x00",
    "\x7f",
    "\x1b[",
    "\x1b",
    "\x1b[38;2;1;2;3m",
    "\x1b[=1;2h",
  ];
  assertEquals(withoutControls(controls.map((control) => `a${control}\n`).join("")), "a\n".repeat(controls.length));
});

Deno.test("withoutControls() keeps the last state of a line that is written over", () => {
  assertEquals(withoutControls("10%\r50%\r100%\nnext\r\nline\r\n"), "100%\nnext\nline\n");
});

Deno.test("styledText() takes hostile output in bounded time and pieces", () => {
  const start = performance.now();
  const pieces = styledText("\x1b[31ma\x1b[32mb".repeat(100_000));
  for (
    const text of [
      "\x1b[".repeat(200_000),
      "\x1b]".repeat(200_000),
      "\r".repeat(200_000),
      "a\r".repeat(200_000),
      `\x1b[${"1;".repeat(200_000)}m`,
    ]
  ) {
    styledText(text);
  }
  assert(pieces.length <= 5_000);
  assert(performance.now() - start < 5_000);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ScreenModes } from "../../lib/cli/screen_modes.ts";

/** What always ends the modes: the scroll region, the letters and the attributes. */
const ALWAYS = "\x1b7\x1b[r\x1b8\x1b(B\x0f\x1b[m";

function modesAfter(...output: string[]): ScreenModes {
  const modes = new ScreenModes();
  for (const part of output) modes.take(new TextEncoder().encode(part));
  return modes;
}

Deno.test("ScreenModes enters and leaves the modes that a program has set", () => {
  const modes = modesAfter(
    "\x1b[?1;25l\x1b[?1h text \x1b[?1002;1006h\x1b[?2004h\x1b[4h\x1b=\x1b[>1u\x1b[>4;2m\x1b[5 q",
  );
  assertEquals(
    modes.enter(),
    "\x1b[?1h\x1b[?25l\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b[4h\x1b=\x1b[>1u\x1b[>4;2m\x1b[5 q",
  );
  assertEquals(
    modes.leave(),
    "\x1b[?1l\x1b[?25h\x1b[?1002l\x1b[?1006l\x1b[?2004l\x1b[4l\x1b>\x1b[<1u\x1b[>4m\x1b[0 q" + ALWAYS,
  );
});

Deno.test("ScreenModes has nothing to enter or to leave after a program that was tidy", () => {
  const modes = modesAfter(
    "\x1b[?1049h\x1b[?1h\x1b=\x1b[?25l\x1b[>1u\x1b[>4;1m",
    "\x1b[>4m\x1b[<u\x1b[?25h\x1b>\x1b[?1l\x1b[?1049l",
  );
  assertEquals([modes.enter(), modes.leave(), modes.isAlternate], ["", ALWAYS, false]);
  const reset = modesAfter("\x1b[?1049h\x1b[?1003h\x1b[>3u\x1b[4h", "\x1bc");
  assertEquals([reset.enter(), reset.leave()], ["", ALWAYS]);
});

Deno.test("ScreenModes leaves the second screen by the way it was entered", () => {
  for (const mode of [47, 1047, 1049]) {
    const modes = modesAfter(`\x1b[?${mode}h`);
    assertEquals([modes.isAlternate, modes.enter()], [true, ""]);
    assertStringIncludes(modes.leave(), `\x1b[?${mode}l`);
  }
});

Deno.test("ScreenModes understands sequences that come in pieces, and tells what is unfinished", () => {
  const text = "\x1b[?2004h";
  for (let i = 1; i < text.length; i++) {
    const modes = modesAfter(`a${text.slice(0, i)}`);
    assertEquals(new TextDecoder().decode(modes.unfinished), text.slice(0, i));
    modes.take(new TextEncoder().encode(text.slice(i)));
    assertEquals([modes.enter(), modes.unfinished.length], [text, 0]);
  }
  const cut = new ScreenModes();
  cut.take(new TextEncoder().encode("a€").subarray(0, 3));
  assertEquals([...cut.unfinished], [0xe2, 0x82]);
  assertEquals(modesAfter("\x1b]0;title").unfinished.length, 9);
  assertEquals(modesAfter("\x1b]0;title\x07").unfinished.length, 0);
});

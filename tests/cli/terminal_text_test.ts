import { assertEquals } from "@std/assert";
import {
  cutToWidth,
  displayWidth,
  showControls,
  stripControls,
  toOneLine,
  wrapText,
} from "../../lib/cli/terminal_text.ts";
import { pick, seededRandom } from "../helpers/random.ts";

const UNSAFE = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

for (
  const [what, text, stripped] of [
    ["colours", "\x1b[1;31mred\x1b[0m", "red"],
    ["cursor movements", "a\x1b[2J\x1b[H\x1b[10Cb", "ab"],
    ["window titles", "\x1b]0;title\x07a\x1b]2;title\x1b\\b", "ab"],
    ["links", "\x1b]8;;https://example.com\x1b\\text\x1b]8;;\x1b\\", "text"],
    ["device control strings", "a\x1bPq#0\x1b\\b", "ab"],
    ["eight-bit sequences", "\x9b31mred\x9b0m", "red"],
    ["resets", "a\x1bcb\x1b(B", "ab"],
    ["a sequence without an end", "a\x1b]0;title", "a^[]0;title"],
    ["a lone escape", "a\x1b", "a^["],
    ["other controls", "a\0b\x07c\x08d\x7fe\x85f", "a^@b^Gc^Hd^?e\\u0085f"],
    ["changes of direction", "a\u202eb\u2066c", "a\\u202eb\\u2066c"],
    ["carriage returns", "a\r\nb\rc", "a\nb\nc"],
    ["tabs", "a\tb", "a    b"],
  ] as const
) {
  Deno.test(`stripControls() makes ${what} harmless`, () => {
    assertEquals(stripControls(text), stripped);
  });
}

Deno.test("stripControls() and showControls() leave no control character of random text", () => {
  const random = seededRandom(7);
  const pieces = [
    "\x1b",
    "[",
    "]",
    "\x9b",
    "31m",
    "\x07",
    "\\",
    "a",
    "P",
    "\x9c",
    "\x9d",
    "\r",
    "\u202e",
    "0;",
    "^",
    "_",
  ];
  for (let i = 0; i < 5_000; i++) {
    const text = Array.from({ length: 12 }, () => pick(random, pieces)).join("");
    assertEquals([UNSAFE.test(stripControls(text)), UNSAFE.test(showControls(text))], [false, false], text);
  }
});

Deno.test("showControls() gives the same for a text and for its pieces", () => {
  const text = "a\x1b[31mb\n\tc\x07";
  assertEquals(showControls(text), "a^[[31mb\n\tc^G");
  for (let at = 0; at <= text.length; at++) {
    assertEquals(showControls(text.slice(0, at)) + showControls(text.slice(at)), showControls(text));
  }
});

Deno.test("toOneLine() joins lines", () => {
  assertEquals(toOneLine("  a\n\n b\t\x1b[1mc  "), "a b c");
});

Deno.test("displayWidth() counts columns, not characters", () => {
  assertEquals(["abc", "日本", "😀", "e\u0301", "👍🏽", ""].map(displayWidth), [3, 4, 2, 1, 4, 0]);
});

Deno.test("cutToWidth() cuts at a column", () => {
  assertEquals(cutToWidth("abcdef", 6), "abcdef");
  assertEquals(cutToWidth("abcdefg", 6), "abcde…");
  assertEquals(cutToWidth("日本語", 4), "日…");
  assertEquals(cutToWidth("abc", Infinity), "abc");
});

Deno.test("wrapText() breaks between words, and within a word that is too long", () => {
  assertEquals(wrapText("one two three", 8), ["one two", "three"]);
  assertEquals(wrapText("one two three", 7), ["one two", "three"]);
  assertEquals(wrapText("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
  assertEquals(wrapText("日本語", 3), ["日", "本", "語"]);
  assertEquals(wrapText("日本語", 1), ["日", "本", "語"]);
  assertEquals(wrapText("a\n\n  b", 10), ["a", "", "  b"]);
  assertEquals(wrapText("x".repeat(500), Infinity), ["x".repeat(500)]);
});

Deno.test("wrapText() loses no word, and makes no line too wide", () => {
  const random = seededRandom(3);
  for (let i = 0; i < 1_000; i++) {
    const text = Array.from({ length: 30 }, () => pick(random, ["a", "bb", " ", "  ", "日", "\n", "cccccc"])).join("");
    const columns = 2 + Math.floor(random() * 10);
    const lines = wrapText(text, columns);
    assertEquals(lines.join("").replaceAll(/\s/g, ""), text.replaceAll(/\s/g, ""));
    assertEquals(lines.filter((line) => displayWidth(line) > columns), [], JSON.stringify([text, columns]));
  }
});

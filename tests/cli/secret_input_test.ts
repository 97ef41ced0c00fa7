import { assertEquals } from "@std/assert";
import { SecretLine } from "../../lib/cli/secret_input.ts";

for (
  const [typed, state, text, left] of [
    ["abc\r", "ended", "abc", ""],
    ["abc\nd\r", "ended", "abc", "d\r"],
    ["abc", "goes on", "abc", ""],
    ["ä😀x\x7f\x7fb\r", "ended", "äb", ""],
    ["\b\bab\bc\r", "ended", "ac", ""],
    ["wrong\x15right\r", "ended", "right", ""],
    ["a\tb\x1a\r", "ended", "ab", ""],
    ["ab\x03c\r", "canceled", "ab", "c\r"],
    ["\x04", "canceled", "", ""],
  ] as const
) {
  Deno.test(`take() reads ${JSON.stringify(typed)} as "${text}", which ${state}`, () => {
    const line = new SecretLine();
    const characters = [...typed];
    assertEquals([line.take(characters), line.text, characters.join("")], [state, text, left]);
  });
}

Deno.test("take() goes on where it has stopped", () => {
  const line = new SecretLine();
  assertEquals(["a", "b", "\r"].map((character) => line.take([character])), ["goes on", "goes on", "ended"]);
  assertEquals(line.text, "ab");
});

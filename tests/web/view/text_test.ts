import { assertEquals } from "@std/assert";
import { pathWithin, sentence, shortModel, visible, visibleParts } from "../../../lib/web/view/text.ts";

Deno.test("visibleParts() tells what can be seen from the codes of what cannot", () => {
  assertEquals(visibleParts("a\u202eb\u200b"), [
    { text: "a", isCode: false },
    { text: "\\u{202e}", isCode: true },
    { text: "b", isCode: false },
    { text: "\\u{200b}", isCode: true },
  ]);
});

Deno.test("visibleParts() says the same as visible()", () => {
  for (const text of ["", "plain", "\u0000", "x\u{e0001}y\u{e0002}", "two\nlines\tand tabs", "\u001b[31mred"]) {
    assertEquals(visibleParts(text).map(({ text }) => text).join(""), visible(text));
  }
});

Deno.test("pathWithin() shortens paths below a directory alone", () => {
  assertEquals(pathWithin("/src/web/a.ts", "/src/web"), "a.ts");
  assertEquals(pathWithin("/src/website/a.ts", "/src/web"), "/src/website/a.ts");
  assertEquals(pathWithin("/etc/hosts", "/"), "etc/hosts");
  assertEquals(pathWithin("/etc/hosts", undefined), "/etc/hosts");
});

Deno.test("shortModel() leaves out the maker and the day", () => {
  assertEquals(shortModel("claude-opus-4-5-20251101"), "opus-4-5");
  assertEquals(shortModel("claude-sonnet-4-5-20250929[1m]"), "sonnet-4-5[1m]");
  assertEquals(shortModel("sonnet"), "sonnet");
});

Deno.test("sentence() begins large and ends with a stop", () => {
  assertEquals(sentence("the path does not exist"), "The path does not exist.");
  assertEquals(sentence("/src is not a directory"), "/src is not a directory.");
  assertEquals(sentence("Really?"), "Really?");
  assertEquals(sentence(""), "");
});

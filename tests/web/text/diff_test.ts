import { assertEquals } from "@std/assert";
import { type DiffLine, diffOf } from "../../../lib/web/text/diff.ts";

/** The lines as a patch shows them. */
function written(lines: readonly DiffLine[]): string[] {
  const signs = { same: " ", added: "+", removed: "-", gap: "…" };
  return lines.map(({ kind, text }) => `${signs[kind]}${text}`);
}

Deno.test("diffOf() returns nothing when the texts are equal", () => {
  assertEquals(diffOf("a\nb", "a\nb"), []);
});

Deno.test("diffOf() shows what was removed and what was added", () => {
  assertEquals(written(diffOf("a\nb\nc", "a\nx\nc")), [" a", "-b", "+x", " c"]);
});

Deno.test("diffOf() numbers the lines of both texts", () => {
  assertEquals(diffOf("a\nb\n", "a\nx\nb\n"), [
    { kind: "same", text: "a", before: 1, after: 1 },
    { kind: "added", text: "x", after: 2 },
    { kind: "same", text: "b", before: 2, after: 3 },
  ]);
});

Deno.test("diffOf() leaves out unchanged lines far from a change", () => {
  const lines = Array.from({ length: 40 }, (_, i) => `line ${i}`);
  const changed = lines.with(10, "ten").with(30, "thirty");
  const shown = written(diffOf(lines.join("\n"), changed.join("\n")));
  assertEquals(shown.filter((line) => line === "…").length, 2);
  assertEquals(shown.includes(" line 20"), false);
  assertEquals(shown.slice(0, 6), ["…", " line 7", " line 8", " line 9", "-line 10", "+ten"]);
});

Deno.test("diffOf() shows a new text as added lines", () => {
  assertEquals(written(diffOf("", "a\nb\n")), ["+a", "+b"]);
});

Deno.test("diffOf() shows a text that is gone as removed lines", () => {
  assertEquals(written(diffOf("a\nb", "")), ["-a", "-b"]);
});

Deno.test("diffOf() shows the end of a line that is added to the end of a text", () => {
  assertEquals(written(diffOf("a", "a\n")), [" a", "+"]);
});

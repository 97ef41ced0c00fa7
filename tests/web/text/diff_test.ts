import { assertEquals } from "@std/assert";
import { changeOf, diffOf, linesOfPatch, numberedLines } from "../../../lib/web/text/diff.ts";

Deno.test("diffOf() marks what differs in a line that replaces another one", () => {
  const [removed, added] = diffOf("const total = sum(items);\n", "const total = sum(items, code);\n");
  assertEquals(removed?.changed, [23, 23]);
  assertEquals([added?.changed, added?.text.slice(...added.changed ?? [])], [[23, 29], ", code"]);
});

Deno.test("diffOf() marks nothing in lines that have little in common, or are not as many", () => {
  assertEquals(diffOf("one thing\n", "quite another\n").map(({ changed }) => changed), [undefined, undefined]);
  assertEquals(diffOf("a = 1;\n", "a = 2;\nb = 2;\n").map(({ changed }) => changed), [undefined, undefined, undefined]);
});

Deno.test("diffOf() tears no character apart", () => {
  const [removed] = diffOf("some text \u{1f600} end\n", "some text \u{1f601} end\n");
  assertEquals(removed?.text.slice(...removed.changed ?? []), "\u{1f600}");
});

Deno.test("linesOfPatch() numbers the lines of a patch, and takes any patch", () => {
  const lines = linesOfPatch([{ oldStart: 5, newStart: 7, lines: [" a", "-b", "+c", "\\ No newline"] }]);
  assertEquals(lines.map(({ kind, before, after }) => [kind, before, after]), [
    ["gap", undefined, undefined],
    ["same", 5, 7],
    ["removed", 6, undefined],
    ["added", undefined, 8],
  ]);
  assertEquals(
    linesOfPatch([null, 7, { lines: "x" }, { oldStart: "1", lines: [null, {}] }]).filter(({ kind }) => kind !== "gap"),
    [],
  );
});

Deno.test("numberedLines() reads a file as the agent does, and leaves nothing out", () => {
  const { lines, rest } = numberedLines("     9→one\n    10→\n    11\ttab\n\n<note>for the model</note>");
  assertEquals(lines.map(({ after, text }) => [after, text]), [[9, "one"], [10, ""], [11, "tab"]]);
  assertEquals(rest, "\n<note>for the model</note>");
  assertEquals(numberedLines("no file"), { lines: [], rest: "no file" });
});

Deno.test("changeOf() counts lines, and not for long", () => {
  assertEquals(changeOf([{ before: "a\nb\n", after: "a\nc\nd\n" }]), { added: 2, removed: 1 });
  assertEquals(changeOf([{ before: "", after: "a\n".repeat(100_000) }]), { added: 100_000, removed: 0 });
  assertEquals(changeOf([{ before: "a\n".repeat(100_000), after: "b" }]), undefined);
});

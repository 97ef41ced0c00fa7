import { assertEquals } from "@std/assert";
import { changeOf, type DiffLine, diffOf, linesOfPatch, numberedLines } from "../../../lib/web/text/diff.ts";

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

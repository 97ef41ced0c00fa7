import { assertEquals } from "@std/assert";
import { linesOfDiff } from "../../../lib/web/text/unified_diff.ts";

/** The lines as they are shown. */
function shown(diff: string): string[] {
  const signs = { same: " ", added: "+", removed: "-", gap: "…" };
  return linesOfDiff(diff).map(({ kind, text, before, after }) =>
    `${signs[kind]}${text} ${before ?? ""}:${after ?? ""}`
  );
}

Deno.test("linesOfDiff() returns the lines of a diff with their numbers", () => {
  const diff =
    "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -4,3 +4,3 @@ fn()\n one\n-two\n+2\n three\n";
  assertEquals(shown(diff), ["… :", " one 4:4", "-two 5:", "+2 :5", " three 6:6"]);
});

Deno.test("linesOfDiff() takes lines for what they are, whatever they look like", () => {
  const diff = "@@ -1,2 +1,2 @@\n--- a/x\n+++ b/x\n @@ -1 +1 @@\n";
  assertEquals(shown(diff), ["--- a/x 1:", "+++ b/x :1", " @@ -1 +1 @@ 2:2"]);
});

Deno.test("linesOfDiff() leaves out that the last line has no end", () => {
  assertEquals(shown("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"), [
    "-a 1:",
    "+b :1",
  ]);
});

Deno.test("linesOfDiff() separates parts that are apart", () => {
  const diff = "@@ -1 +1 @@\n-a\n+b\n@@ -9,0 +10,2 @@\n+c\n+d\n";
  assertEquals(shown(diff), ["-a 1:", "+b :1", "… :", "+c :10", "+d :11"]);
});

Deno.test("linesOfDiff() has no lines for what is no diff of lines", () => {
  assertEquals(linesOfDiff("Binary files a/x and b/x differ\n"), []);
});

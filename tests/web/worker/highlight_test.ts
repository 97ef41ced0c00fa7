import { assert, assertEquals } from "@std/assert";
import { highlight } from "../../../lib/web/worker/highlight.ts";

Deno.test("highlight() splits code into parts, and leaves out nothing", () => {
  const code = 'const x: number = f("a", 1); // comment\n';
  const parts = highlight(code, "ts");
  assertEquals(parts?.map(({ text }) => text).join(""), code);
  const kinds = new Map(parts?.map(({ text, kind }) => [text, kind]));
  assertEquals(["const", '"a"', "1", "// comment"].map((text) => kinds.get(text)), [
    "keyword",
    "string",
    "number",
    "comment",
  ]);
});

Deno.test("highlight() knows the usual names of languages, and no others", () => {
  for (const name of ["sh", "shell", "py", "js", "tsx", "rs", "c++", "yml", "html", "toml", "golang", "jsonc"]) {
    assert(highlight("x", name) !== undefined, name);
  }
  for (const name of ["", "constructor", "__proto__", "nonsense"]) assertEquals(highlight("x", name), undefined, name);
});

Deno.test("highlight() gives up on code that is nested too deep", () => {
  for (const [language, text] of [["bash", "${"], ["rust", "/*"], ["swift", "/*"]] as const) {
    assertEquals(highlight(text.repeat(10_000), language), undefined, language);
  }
});

Deno.test("highlight() takes as many brackets as there are", () => {
  for (const language of ["bash", "rust", "swift"]) {
    for (const text of ["(", "{"]) {
      const code = text.repeat(10_000);
      assertEquals(highlight(code, language)?.map((part) => part.text).join(""), code, `${language} ${text}`);
    }
  }
});

import { assert, assertEquals } from "@std/assert";
import { blocksOf, decodeEntities, GrowingMarkdown } from "../../../lib/web/text/markdown.ts";

/** Texts that take parsers long, or deep. */
const HARD: Readonly<Record<string, string>> = {
  quotes: `${">".repeat(50_000)}a`,
  "quotes with spaces": `${"> ".repeat(50_000)}a`,
  lists: "- ".repeat(50_000),
  "nested lists": Array.from({ length: 2_000 }, (_, i) => `${" ".repeat(2 * i)}- a`).join("\n"),
  "nested by tabs": Array.from({ length: 500 }, (_, i) => `${"\t".repeat(i)}- a`).join("\n"),
  "lists in quotes": "> - ".repeat(5_000),
  brackets: "[".repeat(100_000),
  images: "![".repeat(50_000),
  links: "[a](".repeat(25_000),
  emphasis: "**a*".repeat(25_000),
  underscores: "_a__".repeat(25_000),
  deleted: "~~a ".repeat(25_000),
  backticks: "`a``".repeat(25_000),
  addresses: `${"a.".repeat(50_000)}@`,
  tags: "<a ".repeat(30_000),
  comments: "<!--".repeat(25_000),
  backslashes: "\\".repeat(100_000),
  definitions: "[a]: b\n".repeat(10_000),
  tables: `${"|a".repeat(500)}|\n${"|-".repeat(500)}|\n${`${"|b".repeat(500)}|\n`.repeat(100)}`,
  lines: "\n".repeat(100_000),
  megabytes: "word ".repeat(1_000_000),
};

for (const [name, text] of Object.entries(HARD)) {
  Deno.test(`blocksOf() reads ${name} in bounded time`, () => {
    const start = performance.now();
    const blocks = blocksOf(text);
    const ms = performance.now() - start;
    assert(ms < 2_000, `${ms} ms`);
    assert(blocks.length > 0 || text.trim() === "");
  });
}

Deno.test("blocksOf() leaves out nothing of what it does not read as Markdown", () => {
  const text = `${"[".repeat(9_000)}end`;
  assertEquals(blocksOf(text).map(({ raw }) => raw).join(""), text);
  const long = "word ".repeat(100_000);
  assertEquals(blocksOf(long).map(({ raw }) => raw).join(""), long);
});

Deno.test("GrowingMarkdown reads a text that grows as it reads the whole", () => {
  const text =
    "# Title\n\nA *paragraph*\nof two lines.\n\n- a\n- b\n\n  more of b\n- c\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n" +
    "```ts\nconst x = 1;\n\n\nconst y = 2;\n```\n\n> quoted\n\nThe\n===\n\nend";
  const growing = new GrowingMarkdown();
  for (let end = 1; end <= text.length; end++) growing.read(text.slice(0, end));
  const types = (blocks: ReturnType<typeof blocksOf>) =>
    blocks.filter(({ type }) => type !== "space").map(({ type, raw }) => `${type} ${raw.trim()}`);
  assertEquals(types(growing.read(text)), types(blocksOf(text)));
});

Deno.test("GrowingMarkdown reads only the last block again", () => {
  const growing = new GrowingMarkdown();
  const before = growing.read("one\n\ntwo\n\nthr");
  const after = growing.read("one\n\ntwo\n\nthree");
  assert(before[0] === after[0] && before[2] === after[2]);
  assertEquals(after.at(-1)?.raw, "three");
});

Deno.test("GrowingMarkdown begins anew with another text", () => {
  const growing = new GrowingMarkdown();
  growing.read("one\n\ntwo");
  assertEquals(growing.read("other").map(({ raw }) => raw), ["other"]);
});

Deno.test("decodeEntities() decodes what people write, and nothing that is no character", () => {
  assertEquals(
    decodeEntities("&lt;b&gt; &amp;amp; &#39;&#x41; &unknown; &#0; &#xD800; &toString;"),
    "<b> &amp; 'A &unknown; \ufffd \ufffd &toString;",
  );
});

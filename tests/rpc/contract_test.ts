import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

/** The sections of CONTRACT.md, in their order; comments in the source cite them by these names. */
const HEADINGS = [
  "Transport",
  "Methods",
  "Order of checks",
  "Server methods",
  "Files methods",
  "Git methods",
  "Process methods",
  "Error texts",
  "Framing and JSON",
  "Extensions",
  "Memory and fairness",
  "Command line",
  "Daemon life",
  "Bridge and stop",
  "Log",
  "Metrics",
  "Configuration",
  "Wire log",
  "Windows",
  "Install",
  "Generations",
  "Server methods of next",
  "Files methods of next",
  "Git methods of next",
  "Texts of next",
  "Process methods of next",
  "The managed launcher",
  "Plugins of next",
  "Records of children",
  "Bridge and stop of next",
  "Install of next",
  "Client",
];

/** The text of each level-2 section of CONTRACT.md. */
async function contractSections(): Promise<Map<string, string>> {
  const text = await Deno.readTextFile(new URL("lib/rpc/CONTRACT.md", ROOT));
  const sections = text.split(/^## /m).slice(1).map((section) => {
    const [heading = "", ...lines] = section.split("\n");
    return [heading, lines.join("\n")] as const;
  });
  return new Map(sections);
}

async function* sourceFiles(directory: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory) yield* sourceFiles(new URL(`${name}/`, directory));
    else if (/\.(?:ts|md|golden|py|c|sh)$/.test(name)) yield new URL(name, directory);
  }
}

/** The text of each file that may cite the contract, with the comment marks between its lines removed. */
async function citingFiles(): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const read = async (url: URL) => {
    const text = await Deno.readTextFile(url);
    texts.set(url.href.slice(ROOT.href.length), text.replace(/\s*\n\s*(?:\*(?!\/)|\/\/|#)?\s*/g, " "));
  };
  for (const name of ["cli.ts", "mod.ts"]) await read(new URL(name, ROOT));
  for (const room of ["lib/", "tests/", "testdata/"]) {
    for await (const file of sourceFiles(new URL(room, ROOT))) await read(file);
  }
  return texts;
}

/** The sections that a text cites, each with the detail that the citation adds: `(contract: A; B, detail)`. */
function citations(text: string): { heading: string; detail: string | undefined }[] {
  const found = [...text.matchAll(/\(contract: ([^)]*)\)/g)].flatMap(([, cited]) => cited!.split("; "));
  return found.map((each) => {
    const comma = each.indexOf(", ");
    return comma < 0
      ? { heading: each, detail: undefined }
      : { heading: each.slice(0, comma), detail: each.slice(comma + 2) };
  });
}

Deno.test("CONTRACT.md has the sections that comments cite", async () => {
  assertEquals([...(await contractSections()).keys()], HEADINGS);
});

Deno.test("each citation of the contract names a section that exists, and a detail that the section contains", async () => {
  const sections = await contractSections();
  let count = 0;
  for (const [file, text] of await citingFiles()) {
    // The comments of this file show the form of a citation.
    if (file === "tests/rpc/contract_test.ts") continue;
    for (const { heading, detail } of citations(text)) {
      count++;
      const section = sections.get(heading);
      if (section === undefined) throw new Error(`${file} cites "${heading}", which CONTRACT.md does not have`);
      assert(section.includes(detail ?? ""), `${file} cites ${detail}, which "${heading}" does not contain`);
    }
  }
  assert(count > 100, `only ${count} citations were found`);
});

Deno.test("no comment cites a numbered section of a document outside the repository", async () => {
  const numbered = /[(;] ?(?:wire|daemon|library|install)(?:\.md)? \d[\d.]*/;
  for (const [file, text] of await citingFiles()) assertEquals(numbered.exec(text)?.[0], undefined, file);
});

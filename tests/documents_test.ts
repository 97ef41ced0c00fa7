import { assert, assertEquals } from "@std/assert";
import denoJson from "../deno.json" with { type: "json" };
import { parseHubConfig } from "../lib/hub/config.ts";
import { exampleConfig } from "../lib/hub/config_text.ts";

/** A hash of the right form, of no password. */
const PASSWORD_HASH = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;
const ROOT = new URL("../", import.meta.url);
const DOCUMENTS = [
  "README.md",
  ".github/ARCHITECTURE.md",
  ".github/CHANGELOG.md",
  ".github/CONTRIBUTING.md",
  ".github/FIGURES.md",
  ".github/OPERATIONS.md",
  ".github/SECURITY.md",
  "lib/hub/API.md",
  "lib/rpc/CONTRACT.md",
  "lib/rpc/PROTOCOL.md",
  "testdata/golden/README.md",
];
/** Directories that have no documents of the project. */
const OTHERS = [".git", "dist", "node_modules"];

async function readDocument(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

/** A document without its code blocks, in which nothing is a link or a name. */
function proseOf(text: string): string {
  return text.replace(/^```[^]*?^```$/gm, "");
}

/** The anchors of a document's headings, as the usual hosts make them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return new Set(headings.map((heading) => heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-")));
}

async function exists(url: URL): Promise<boolean> {
  try {
    await Deno.stat(url);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The documents below a directory, as paths from the root. */
async function documentsIn(directory: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(directory, ROOT))) {
    if (name.endsWith(".md")) paths.push(`${directory}${name}`);
    if (isDirectory && !OTHERS.includes(name)) paths.push(...await documentsIn(`${directory}${name}/`));
  }
  return paths;
}

/** The documents that a document links to, as paths from the root. */
async function linkedFrom(document: string): Promise<string[]> {
  const targets = [...proseOf(await readDocument(document)).matchAll(/\]\(([^)#]+\.md)(?:#[^)]*)?\)/g)];
  return targets.map(([, target]) => new URL(target!, new URL(document, ROOT)).pathname.slice(ROOT.pathname.length));
}

Deno.test("each document is among those that are tested here, and is reached from the README by links", async () => {
  assertEquals((await documentsIn("")).sort(), [...DOCUMENTS].sort());
  const reached = new Set(["README.md"]);
  for (const document of reached) for (const path of await linkedFrom(document)) reached.add(path);
  assertEquals([...reached].sort(), [...DOCUMENTS].sort());
});

Deno.test("the README links to each document but the golden files' own", async () => {
  const others = DOCUMENTS.filter((document) => document !== "README.md" && !document.startsWith("testdata/"));
  assertEquals([...new Set(await linkedFrom("README.md"))].sort(), others.sort());
});

Deno.test("each task that a document names exists", async () => {
  for (const document of DOCUMENTS) {
    const text = await readDocument(document);
    for (const [, name] of text.matchAll(/\bdeno(?:@[\d.]+)?\s+task\s+(?:-q\s+)?([a-z][a-z-]*)/g)) {
      assert(Object.hasOwn(denoJson.tasks, name!), `${document} names the task ${name}`);
    }
  }
});

Deno.test("CONTRIBUTING.md has a row for each task", async () => {
  const rows = [...(await readDocument(".github/CONTRIBUTING.md")).matchAll(/^\| (`deno task [^|]+?) +\|/gm)];
  const names = rows.flatMap(([, cell]) => [...cell!.matchAll(/`(?:deno task )?([a-z-]+)/g)].map(([, name]) => name!));
  assertEquals(names.sort(), Object.keys(denoJson.tasks).sort());
});

for (const document of DOCUMENTS) {
  Deno.test(`the links of ${document} lead to files and headings that exist`, async () => {
    const text = await readDocument(document);
    for (const [, target] of proseOf(text).matchAll(/\]\(([^)]+)\)/g)) {
      const [path = "", anchor] = target!.split("#");
      const url = new URL(path === "" ? document : path, path === "" ? ROOT : new URL(document, ROOT));
      assert(await exists(url), `${document} links to ${target}`);
      if (anchor !== undefined) {
        assert(anchorsOf(await Deno.readTextFile(url)).has(anchor), `${document} links to the heading ${target}`);
      }
    }
  });

  Deno.test(`the files that ${document} names exist, and contain the names that it finds there`, async () => {
    const text = proseOf(await readDocument(document));
    for (const [, path] of text.matchAll(/`((?:lib|tests|testdata|\.ci)\/[\w./]+)`/g)) {
      assert(await exists(new URL(path!, ROOT)), `${document} names ${path}`);
    }
    for (const [, name, path] of text.matchAll(/`([\w.]+)(?:\(\))?`\s+(?:in|from)\s+`((?:lib|tests)\/[\w./]+\.ts)`/g)) {
      assert((await readDocument(path!)).includes(name!), `${document} looks for ${name} in ${path}`);
    }
  });
}

Deno.test("ARCHITECTURE.md has a row for each room", async () => {
  const rows = [...(await readDocument(".github/ARCHITECTURE.md")).matchAll(/^\| `(lib\/[a-z_/]+)` /gm)];
  const rooms: string[] = [];
  for (const parent of ["lib", "lib/daemon"]) {
    for await (const { name, isDirectory } of Deno.readDir(new URL(parent, ROOT))) {
      if (isDirectory) rooms.push(`${parent}/${name}`);
    }
  }
  assertEquals(rows.map(([, room]) => room!).sort(), rooms.sort());
});

Deno.test("each test that SECURITY.md names is in the file that it links to, and no line is without one", async () => {
  const text = await readDocument(".github/SECURITY.md");
  const named = [...text.matchAll(/^ {2}- \[([^\]]+)\]\(\.\.\/(tests\/[^)]+)\)$/gm)];
  assert(named.length > 50);
  for (const [, name, path] of named) {
    const source = await readDocument(path!);
    const isThere = [`"${name}"`, `\`${name}\``].some((quoted) => source.includes(quoted));
    assert(isThere, `${path} has no test "${name}"`);
  }
  const [, threats = ""] = /\n(## Other users[^]*?)\n## What was attacked/.exec(text) ?? [];
  for (const line of threats.split(/\n(?=- |## )/).filter((part) => part.startsWith("- "))) {
    assert(line.startsWith("- **Open:** ") || line.includes("](../tests/"), `no test holds: ${line}`);
  }
});

Deno.test("OPERATIONS.md shows parts of hub.toml that the hub accepts without a warning", async () => {
  const text = (await readDocument(".github/OPERATIONS.md")).replaceAll("$argon2id$…", PASSWORD_HASH);
  const blocks = [...text.matchAll(/^```toml\n([^]*?)^```$/gm)].map(([, block]) => block!);
  assert(blocks.length >= 4);
  for (const block of blocks) assertEquals((await parseHubConfig(block, "hub.toml")).warnings, [], block);
});

Deno.test("OPERATIONS.md shows the defaults of projects and remote control", async () => {
  const text = await readDocument(".github/OPERATIONS.md");
  const [, block = ""] = /^```toml\n(projects\.root[^]*?)^```$/m.exec(text) ?? [];
  const shown = block.split("\n").slice(3).flatMap((line) => line.match(/^[\w.]+ = .*$/) ?? []);
  const example = exampleConfig();
  assert(shown.length > 15);
  for (const line of shown) {
    const setting = line.replace(/ +#.*$/, "");
    assert(example.includes(`\n#${setting}\n`), setting);
  }
});

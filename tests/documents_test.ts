import { assert, assertEquals } from "@std/assert";
import { parseHubConfig } from "../lib/hub/config.ts";
import { exampleConfig } from "../lib/hub/config_text.ts";

/** A hash of the right form, of no password. */
const PASSWORD_HASH = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;
const ROOT = new URL("../", import.meta.url);
const DOCUMENTS = [
  "README.md",
  ".github/ARCHITECTURE.md",
  ".github/CONTRIBUTING.md",
  ".github/OPERATIONS.md",
  "lib/hub/API.md",
  "lib/rpc/CONTRACT.md",
  "lib/rpc/PROTOCOL.md",
];

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

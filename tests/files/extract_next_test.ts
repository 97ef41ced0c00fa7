import { assertEquals } from "@std/assert";
import { extractArchive, type ExtractResult } from "../../lib/files/extract.ts";
import { extractTar } from "../../lib/files/extract_tar.ts";
import { NEXT_RULES } from "../../lib/files/extract_rules_next.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { gzip, tarArchive, type TarInput } from "../helpers/tar.ts";
import { tempDir } from "../helpers/temp.ts";

/** Extracts an archive into `dest` in a directory. */
async function extract(directory: string, archive: Uint8Array, destDir = `${directory}/dest`): Promise<ExtractResult> {
  const archivePath = `${directory}/archive`;
  await Deno.writeFile(archivePath, archive);
  return await extractArchive({ archivePath, destDir, maxBytes: 0, onOpened() {}, rules: NEXT_RULES });
}

const modeOf = async (path: string) => (await Deno.stat(path)).mode! & 0o777;

Deno.test("extractArchive() with the rules of next keeps the execute bit, and the later of two files", async () => {
  await using directory = await tempDir();
  const dest = `${directory.path}/dest`;
  const entries: TarInput[] = [
    { name: "plain", body: "1" },
    { name: "tool", mode: "755" },
    { name: "group", mode: "070" },
    { name: "twice", mode: "755", body: "first" },
    { name: "twice", body: "second" },
    { name: "/rooted" },
    { name: "a/../b" },
    { name: ".synced", type: "5" },
    { name: ".synced/inner" },
  ];
  assertEquals(await extract(directory.path, gzip(tarArchive(entries))), { fileCount: 8 });
  const modes = { plain: 0o600, tool: 0o700, group: 0o600, twice: 0o600, rooted: 0o600, b: 0o600, ".synced": 0o600 };
  for (const [name, mode] of Object.entries(modes)) assertEquals(await modeOf(`${dest}/${name}`), mode, name);
  assertEquals(await Deno.readTextFile(`${dest}/twice`), "second");
  assertEquals(await Deno.readTextFile(`${dest}/.synced`), "");
});

const FILE: TarInput = { name: "a", body: "x" };
const WHOLE = tarArchive([FILE]);

/** An archive and its failure. */
const FAILURES: Readonly<Record<string, readonly [archive: Uint8Array, error: string]>> = {
  "a name that leaves and comes back": [
    gzip(tarArchive([{ name: "../dest/x" }])),
    "unsafe path in archive: ../dest/x",
  ],
  "a name that leaves later": [
    gzip(tarArchive([{ name: "a/../../dest/x" }])),
    "unsafe path in archive: a/../../dest/x",
  ],
  "a rooted name that leaves": [gzip(tarArchive([{ name: "/../x" }])), "unsafe path in archive: /../x"],
  "a file in the place of the last directory": [
    gzip(tarArchive([FILE, { name: "a/b" }])),
    "mkdir parent a/b: mkdirat a: file exists",
  ],
  "a file in the place of a higher directory": [
    gzip(tarArchive([FILE, { name: "a/b/c" }])),
    "mkdir parent a/b/c: openat a: not a directory",
  ],
  "a directory in the place of a file": [
    gzip(tarArchive([FILE, { name: "a", type: "5" }])),
    "mkdir a: mkdirat a: file exists",
  ],
  "a file over a directory": [
    gzip(tarArchive([{ name: "d/a" }, { name: "d" }])),
    "create d: openat d: file exists",
  ],
  "a body that is cut": [gzip(WHOLE.subarray(0, 512)), "write a: unexpected EOF"],
  "a header that is cut": [gzip(WHOLE.subarray(0, 100)), "tar read: unexpected EOF"],
  "noise": [gzip(new Uint8Array(1024).fill(7)), "tar read: archive/tar: invalid tar header"],
  "no gzip": [new TextEncoder().encode("not a gzip stream"), "gzip: gzip: invalid header"],
  "nothing": [new Uint8Array(), "gzip: EOF"],
};

for (const [what, [archive, error]] of Object.entries(FAILURES)) {
  Deno.test(`extractArchive() with the rules of next says what is wrong with ${what}`, async () => {
    await using directory = await tempDir();
    assertEquals(await extract(directory.path, archive), { fileCount: 0, error });
    assertEquals(await isThere(`${directory.path}/x`), false);
  });
}

Deno.test("extractArchive() with the rules of next takes a gzip stream of nothing", async () => {
  await using directory = await tempDir();
  assertEquals(await extract(directory.path, gzip(new Uint8Array())), { fileCount: 0 });
  assertEquals(await isThere(`${directory.path}/dest/.synced`), true);
});

Deno.test("extractArchive() with the rules of next needs a directory above, and makes it where it is missing", async () => {
  await using directory = await tempDir();
  assertEquals(await extract(directory.path, gzip(WHOLE), `${directory.path}/p/q/dest`), { fileCount: 1 });
  await Deno.writeTextFile(`${directory.path}/file`, "");
  assertEquals(await extract(directory.path, gzip(WHOLE), `${directory.path}/file/dest`), {
    fileCount: 0,
    error: `open parent: open ${directory.path}/file: not a directory`,
  });
});

Deno.test("extractTar() applies the rules of the contract in its worker, which may write nothing else", async () => {
  await using directory = await tempDir();
  const archivePath = `${directory.path}/archive`;
  await Deno.writeFile(archivePath, gzip(tarArchive([{ name: "tool", mode: "755" }])));
  const destDir = `${directory.path}/p/dest`;
  const options = { archivePath, destDir, maxBytes: 0, canNarrow: false, contract: "next" } as const;
  assertEquals(await extractTar(options), { fileCount: 1 });
  assertEquals(await modeOf(`${destDir}/tool`), 0o700);
});

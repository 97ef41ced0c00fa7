/**
 * Fuzzes the extraction with real archives whose headers and bytes are mutated. No archive may write outside the
 * destination.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { extractArchive } from "../../lib/files/extract.ts";
import { extractTar } from "../../lib/files/extract_tar.ts";
import { pick, seededRandom } from "../helpers/random.ts";
import { paxHeader, tarArchive, type TarInput } from "../helpers/tar.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";
import { below, IN_PLACE, MOVING, mutate } from "./mutate.ts";
import { expect, type Target } from "./target.ts";

const ROUND_CASES = 20;
/** The interval of rounds that use the worker, as a daemon does. */
const WORKER_EVERY = 25;
const CASE_MS = 30_000;
const BLOCK_BYTES = 512;
const MAX_BYTES = 1 << 20;
/** The valid error texts of an extraction. */
const TEXTS = [
  /^(gzip: )?(gzip: invalid header|EOF|unexpected EOF)$/,
  /^gzip: (archive\/tar: invalid tar header|archive\/tar: header field too long)$/,
  /^(gzip: )?flate: corrupt input before offset \d+$/,
  /^unsafe path in archive: /,
  /^unsupported tar entry type (.|\n)?: /,
  /^write .synced: open (.|\n)*: is a directory$/,
  /^(create|mkdir|mkdir parent) (.|\n)*: (open|mkdir) (.|\n)*: [a-z ]+$/,
  /^extraction size limit exceeded$/,
];

/** Creates the directories for fuzzing. */
export async function tarTarget(): Promise<Target> {
  const directory = await tempDir();
  const root = directory.path;
  const canary = `${root}/canary`;
  await Deno.mkdir(`${canary}/inner`, { recursive: true });
  await Deno.writeTextFile(`${canary}/file`, "untouched");
  const real = await realArchives(root);
  const before = treeOf(canary);
  return {
    roundCases: ROUND_CASES,
    pid: Deno.pid,
    maxGrowth: 128 << 20,
    async round(seed) {
      const random = seededRandom(seed);
      for (let i = 0; i < ROUND_CASES; i++) {
        const archive = fuzzArchive(real, root, random);
        await extractOne(root, archive, seed % WORKER_EVERY === 0 && i === 0, random);
      }
      expect(treeOf(canary) === before, () => `the canary changed: ${treeOf(canary)}`);
    },
    finish: () => Promise.resolve("the canary is untouched"),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** Returns archives of a small tree by GNU tar and git. */
async function realArchives(root: string): Promise<Uint8Array[]> {
  const tree = `${root}/tree`;
  await Deno.mkdir(`${tree}/${"d".repeat(90)}/${"e".repeat(90)}`, { recursive: true });
  await Deno.writeTextFile(`${tree}/${"d".repeat(90)}/${"e".repeat(90)}/deep`, "deep");
  await Deno.writeTextFile(`${tree}/one`, "1".repeat(700));
  await Deno.writeTextFile(`${tree}/é two`, "");
  await Deno.symlink("../canary", `${tree}/link`);
  const archives: Uint8Array[] = [];
  for (const format of ["gnu", "pax", "ustar", "v7"]) {
    const names = format === "v7" ? ["one"] : ["one", "é two", "d".repeat(90)];
    archives.push(await gnuTar(tree, [`--format=${format}`, ...names]));
  }
  archives.push(await gnuTar(tree, ["link", "one"]));
  await Deno.remove(tree, { recursive: true });
  return archives;
}

async function gnuTar(tree: string, args: readonly string[]): Promise<Uint8Array> {
  const command = new Deno.Command("tar", { args: ["-C", tree, "-cf", "-", ...args], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return stdout;
}

/** Returns a gzipped archive; half of them are still valid gzip. */
function fuzzArchive(real: readonly Uint8Array[], root: string, random: () => number): Uint8Array {
  let tar = random() < 0.5 ? pick(random, real) : tarArchive(hostileEntries(root, random));
  for (let n = below(random, 4); n > 0; n--) tar = mutateTar(tar, root, random);
  const compressed = new Uint8Array(gzipSync(tar, { level: 1 }));
  return random() < 0.1 ? mutate(compressed, random, random() < 0.5 ? IN_PLACE : MOVING) : compressed;
}

/** Names that try to leave the destination. */
function hostileName(root: string, random: () => number): string {
  return pick(random, [
    "../canary/file",
    "a/../../canary/new",
    `${root}/canary/file`,
    `/../../../../../../../..${root}/canary/new`,
    "./../dest/../canary/file",
    "link/file",
    "dir/../link/new",
    "..",
    ".",
    "",
    "/",
    "a//b/./c",
    "dir",
    "dir/file",
    "dir/file/below",
    ".synced",
    "x".repeat(300),
    "canary\0file",
    "\ufffd\u202e",
  ]);
}

function hostileEntries(root: string, random: () => number): (TarInput | Uint8Array)[] {
  return Array.from({ length: 1 + below(random, 5) }, () => {
    const name = hostileName(root, random);
    if (random() < 0.15) return paxHeader({ path: name, size: "3", linkpath: `${root}/canary` });
    const type = pick(random, [..."000055012346gxLK7"]);
    return {
      name: name.slice(0, 100),
      type,
      body: type === "5" ? "" : "new".repeat(below(random, 400)),
      link: "../canary",
    };
  });
}

/** Mutates an archive, either keeping its headers valid or not. */
function mutateTar(tar: Uint8Array, root: string, random: () => number): Uint8Array {
  if (random() < 0.2) return mutate(tar, random, random() < 0.5 ? IN_PLACE : MOVING);
  const copy = tar.slice();
  const blocks = Math.floor(copy.length / BLOCK_BYTES);
  if (blocks === 0) return copy;
  const block = copy.subarray(below(random, blocks) * BLOCK_BYTES).subarray(0, BLOCK_BYTES);
  if (random() < 0.15) {
    const other = copy.subarray(below(random, blocks) * BLOCK_BYTES).subarray(0, BLOCK_BYTES);
    block.set(other);
    return copy;
  }
  const put = (at: number, text: string, length: number) => {
    block.fill(0, at, at + length);
    new TextEncoder().encodeInto(text, block.subarray(at, at + length));
  };
  const changes = [
    () => put(0, hostileName(root, random), 100),
    () => put(345, pick(random, ["..", "../canary", root, "a"]), 155),
    () => put(124, pick(random, ["", "-1", "77777777777", "00000000003", "0", "9", " 3 ", "\u0080"]), 12),
    () => put(156, pick(random, [..."01234567LKgxXAS\0"]), 1),
    () => put(157, "../canary", 100),
    () => put(257, pick(random, ["ustar\x0000", "ustar  \0", "", "nonsense"]), 8),
    () => block.set(Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, below(random, 256)), 124),
  ];
  pick(random, changes)();
  put(148, "        ", 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, sum.toString(8).padStart(6, "0") + "\0 ", 8);
  return copy;
}

async function extractOne(root: string, archive: Uint8Array, inWorker: boolean, random: () => number): Promise<void> {
  const [archivePath, destDir] = [`${root}/archive`, `${root}/dest`];
  Deno.writeFileSync(archivePath, archive);
  if (random() < 0.02) plantLinks(root);
  const options = { archivePath, destDir, maxBytes: MAX_BYTES };
  const { fileCount, error } = await soon(
    "an extraction",
    inWorker
      ? extractTar({ ...options, canNarrow: false })
      : extractArchive({ ...options, onOpened: () => Deno.removeSync(archivePath) }),
    CASE_MS,
  );
  expect(error === undefined || fileCount === 0, () => `${fileCount} files and "${error}"`);
  expect(error === undefined || TEXTS.some((text) => text.test(error)), () => `no text of the contract: "${error}"`);
  const names = [...Deno.readDirSync(root)].map(({ name }) => name).filter((name) => name !== "dest");
  expect(names.join() === "canary", () => `beside the destination: ${names}`);
  if (error === undefined) expectPlainTree(destDir, fileCount);
}

/** Prepares the destination with symlinks that lead out of it. */
function plantLinks(root: string): void {
  Deno.removeSync(`${root}/dest`, { recursive: true });
  Deno.mkdirSync(`${root}/dest`);
  Deno.symlinkSync("../canary", `${root}/dest/link`);
  Deno.symlinkSync(`${root}/canary/file`, `${root}/dest/dir`);
}

/** Checks that there are only files and directories of this user, and no more files than were counted. */
function expectPlainTree(destDir: string, fileCount: number): void {
  const lines = treeOf(destDir).split("\n").filter((line) => line !== "");
  for (const line of lines) expect(/^(600|700\/) /.test(line), () => `in the destination: ${line}`);
  const files = lines.filter((line) => line.startsWith("600 ")).length;
  // A file that is written twice is counted twice; the marker may have replaced one.
  expect(files <= fileCount + 1, () => `${files} files, ${fileCount} counted`);
}

/** Returns the mode, the path and the content of everything in a directory. */
function treeOf(root: string): string {
  let lines = "";
  for (const { name } of Deno.readDirSync(root)) {
    const path = `${root}/${name}`;
    const { isDirectory, isFile, mode } = Deno.lstatSync(path);
    const bits = (mode! & 0o777).toString(8);
    const shown = JSON.stringify(path);
    if (isDirectory) lines += `${bits}/ ${shown}\n${treeOf(path)}`;
    else lines += `${isFile ? bits : "link"} ${shown} ${isFile ? JSON.stringify(Deno.readTextFileSync(path)) : ""}\n`;
  }
  return lines;
}

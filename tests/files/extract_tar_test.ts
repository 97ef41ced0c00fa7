import { assert, assertEquals, assertRejects } from "@std/assert";
import { isThere } from "../../lib/system/private_files.ts";
import { extractArchive } from "../../lib/files/extract.ts";
import { extractTar } from "../../lib/files/extract_tar.ts";
import { GzipReader } from "../../lib/files/gzip.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { pick, seededRandom } from "../helpers/random.ts";
import { gzip, paxHeader, tarArchive, tarEntry, type TarInput } from "../helpers/tar.ts";
import { type ByteSource, concat } from "../../lib/system/io.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";

/** Extracts bytes as an archive; returns the result with the contents of the destination. */
async function extract(
  bytes: Uint8Array,
  options: { maxBytes?: number; before?: (dest: string) => Promise<void> } = {},
) {
  await using dir = await tempDir();
  const [archivePath, destDir] = [`${dir.path}/a.tgz`, `${dir.path}/out/dest`];
  await Deno.writeFile(archivePath, bytes);
  await options.before?.(destDir);
  const result = await extractTar({ archivePath, destDir, maxBytes: options.maxBytes ?? 0, canNarrow: false });
  const text = result.error?.replaceAll(destDir, "DEST");
  assertEquals(await isThere(archivePath), false, "the archive is consumed");
  return { fileCount: result.fileCount, ...(text === undefined ? {} : { error: text }), tree: await treeOf(destDir) };
}

/** Returns every path in a directory with its mode and content; `undefined` if there is no directory. */
async function treeOf(root: string): Promise<Record<string, string> | undefined> {
  if (!await isThere(root)) return undefined;
  const tree: Record<string, string> = {};
  const walk = async (directory: string) => {
    for await (const { name, isDirectory } of Deno.readDir(`${root}${directory}`)) {
      const path = `${directory}/${name}`;
      const mode = ((await Deno.lstat(root + path)).mode! & 0o777).toString(8);
      tree[path.slice(1)] = isDirectory ? `${mode}/` : `${mode} ${await Deno.readTextFile(root + path)}`;
      if (isDirectory) await walk(path);
    }
  };
  await walk("");
  return tree;
}

const tgz = (...entries: (TarInput | Uint8Array)[]) => gzip(tarArchive(entries));

Deno.test("extractTar() writes files with mode 0600 and directories with mode 0700, and the marker last", async () => {
  const { fileCount, tree } = await extract(tgz(
    { name: "d/", type: "5" },
    { name: "d/e/f", body: "deep" },
    { name: "/abs", body: "absolute" },
    { name: "x/../y", body: "in bounds" },
    { name: "\u00e9 \u{1f600}", body: "unicode" },
    { name: "./", type: "5" },
    { name: "twice", body: "first, longer" },
    { name: "twice", body: "second" },
  ));
  assertEquals(fileCount, 6);
  assertEquals(tree, {
    "d": "700/",
    "d/e": "700/",
    "d/e/f": "600 deep",
    "abs": "600 absolute",
    "y": "600 in bounds",
    "\u00e9 \u{1f600}": "600 unicode",
    "twice": "600 second",
    ".synced": "600 ",
  });
});

Deno.test("extractTar() empties the destination first", async () => {
  const before = async (dest: string) => {
    await Deno.mkdir(`${dest}/old`, { recursive: true });
    await Deno.writeTextFile(`${dest}/old/file`, "x");
  };
  assertEquals((await extract(tgz({ name: "new" }), { before })).tree, { "new": "600 ", ".synced": "600 " });
});

Deno.test("extractTar() replaces a symlink and keeps its target", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/precious`, "untouched");
  const before = async (dest: string) => {
    await Deno.mkdir(dest.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.symlink(dir.path, dest);
  };
  const { tree } = await extract(tgz({ name: "precious", body: "mine" }), { before });
  assertEquals(tree, { "precious": "600 mine", ".synced": "600 " });
  assertEquals(await Deno.readTextFile(`${dir.path}/precious`), "untouched");
});

for (
  const [what, bytes, error] of [
    ["an empty file", new Uint8Array(0), "gzip: EOF"],
    ["less than a header", new Uint8Array([0x1f, 0x8b, 8]), "gzip: unexpected EOF"],
    ["a file that is not gzip", new TextEncoder().encode("not a gzip file at all"), "gzip: gzip: invalid header"],
  ] as const
) {
  Deno.test(`extractTar() refuses ${what} before it empties the destination`, async () => {
    const before = async (dest: string) => {
      await Deno.mkdir(dest, { recursive: true });
      await Deno.writeTextFile(`${dest}/kept`, "x");
    };
    const { tree, ...rest } = await extract(bytes, { before });
    assertEquals(rest, { fileCount: 0, error });
    assertEquals(Object.keys(tree!), ["kept"]);
  });
}

const TWO_FILES = tarArchive([{ name: "a", body: "1".repeat(3000) }, { name: "b", body: "2".repeat(3000) }]);
const NOISE = (() => {
  const random = seededRandom(5);
  return new Uint8Array(200_000).map(() => random() * 256);
})();

for (
  const [what, bytes, error] of [
    ["`..` out of the destination", tgz({ name: "../x" }), "unsafe path in archive: ../x"],
    ["`..` deep inside", tgz({ name: "a/b/../../../x" }), "unsafe path in archive: a/b/../../../x"],
    ["a directory outside the destination", tgz({ name: "../d/", type: "5" }), "unsafe path in archive: ../d/"],
    ["an absolute `..`", tgz({ name: "/../../etc/x" }), "unsafe path in archive: /../../etc/x"],
    ["a sibling with a similar name", tgz({ name: "../dest2/x" }), "unsafe path in archive: ../dest2/x"],
    [
      "a pax path out of the destination",
      tgz(paxHeader({ path: "../p" }), { name: "x" }),
      "unsafe path in archive: ../p",
    ],
    ["a symlink", tgz({ name: "l", type: "2", link: "/etc" }), "unsupported tar entry type 2: l"],
    ["a hardlink", tgz({ name: "l", type: "1", link: "a" }), "unsupported tar entry type 1: l"],
    ["a character device", tgz({ name: "c", type: "3" }), "unsupported tar entry type 3: c"],
    ["a block device", tgz({ name: "b", type: "4" }), "unsupported tar entry type 4: b"],
    ["a fifo", tgz({ name: "f", type: "6" }), "unsupported tar entry type 6: f"],
    ["a sparse file", tgz({ name: "s", type: "S" }), "unsupported tar entry type S: s"],
    ["a global header", tgz(paxHeader({ comment: "c" }, "g")), "unsupported tar entry type g: pax"],
    [
      "a file where a directory is needed",
      tgz({ name: "p" }, { name: "p/x" }),
      "mkdir parent p/x: mkdir DEST/p: not a directory",
    ],
    [
      "a directory where a file is needed",
      tgz({ name: "d/", type: "5" }, { name: "d" }),
      "create d: open DEST/d: is a directory",
    ],
    ["the destination itself as a file", tgz({ name: "." }), "create .: open DEST: is a directory"],
    [
      "a damaged header",
      gzip(concat([tarEntry({ name: "a" }), NOISE.subarray(0, 1024)])),
      "gzip: archive/tar: invalid tar header",
    ],
    ["a tar truncated in a header", gzip(TWO_FILES.subarray(0, 3584 + 100)), "gzip: unexpected EOF"],
    ["a tar truncated in a body", gzip(TWO_FILES.subarray(0, 2000)), "unexpected EOF"],
    [
      "a gzip truncated in a body",
      gzip(tarArchive([{ name: "a", body: NOISE }])).subarray(0, 100_000),
      "unexpected EOF",
    ],
    ["a gzip truncated after the header", gzip(TWO_FILES).subarray(0, 10), "gzip: unexpected EOF"],
  ] as const
) {
  Deno.test(`extractTar() refuses ${what}`, async () => {
    const { fileCount, error: actual, tree } = await extract(bytes) as {
      fileCount: number;
      error?: string;
      tree?: object;
    };
    assertEquals([fileCount, actual], [0, error]);
    assertEquals(Object.keys(tree ?? {}).includes(".synced"), false);
  });
}

/** A gzip file whose deflate stream has an invalid block after some valid bytes. */
function damagedAfter(good: Uint8Array): Uint8Array {
  const size = [good.length & 255, good.length >> 8];
  const stored = Uint8Array.of(0, ...size, ...size.map((byte) => 255 - byte));
  return concat([Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), stored, good, new Uint8Array(64).fill(0x07)]);
}

Deno.test("extractTar() reports a damaged stream", async () => {
  const errorOf = async (good: Uint8Array) => {
    const { fileCount, error } = await extract(damagedAfter(good)) as { fileCount: number; error?: string };
    assertEquals(fileCount, 0);
    return error?.replace(/\d+$/, "N");
  };
  // Data in the same 64 KiB before the damage is lost, so the failure counts as one in a header.
  assertEquals(await errorOf(TWO_FILES.subarray(0, 1000)), "gzip: flate: corrupt input before offset N");
  assertEquals(await errorOf(TWO_FILES.subarray(0, 3584)), "gzip: flate: corrupt input before offset N");
});

Deno.test("extractTar() ignores a wrong or missing trailer after the closing blocks", async () => {
  const bytes = gzip(TWO_FILES);
  assertEquals((await extract(bytes.slice().fill(0x55, -8))).fileCount, 2);
  assertEquals((await extract(bytes.subarray(0, -8))).fileCount, 2);
  assertEquals((await extract(concat([bytes, new Uint8Array(100)]))).fileCount, 2);
});

Deno.test("extractTar() accepts an archive without closing blocks, and one of several members", async () => {
  assertEquals((await extract(gzip(TWO_FILES.subarray(0, -1024)))).fileCount, 2);
  const members = concat([gzip(TWO_FILES.subarray(0, 1500)), gzip(TWO_FILES.subarray(1500))]);
  assertEquals((await extract(members)).fileCount, 2);
});

Deno.test("extractTar() accepts every optional field of a gzip header", async () => {
  const plain = gzip(TWO_FILES);
  const header = Uint8Array.of(0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, 0x61, 0, 0x62, 0, 9, 9);
  assertEquals((await extract(concat([header, plain.subarray(10)]))).fileCount, 2);
});

Deno.test("extractTar() stops when an archive exceeds the size limit by one byte", async () => {
  const bytes = tgz({ name: "a", body: "1".repeat(600) }, { name: "b", body: "2".repeat(400) });
  assertEquals((await extract(bytes, { maxBytes: 1000 })).fileCount, 2);
  const { fileCount, error } = await extract(bytes, { maxBytes: 999 }) as { fileCount: number; error?: string };
  assertEquals([fileCount, error], [0, "extraction size limit exceeded"]);
  const claimed = gzip(concat([tarEntry({ name: "huge", size: 8 ** 11 - 1 }), new Uint8Array(4096)]));
  assertEquals(
    (await extract(claimed, { maxBytes: 512 << 20 }) as { error?: string }).error,
    "extraction size limit exceeded",
  );
});

Deno.test("extractTar() cannot write outside the destination when its own check fails", async () => {
  await using daemon = await startDaemon();
  const canary = `${daemon.directory}/canary`;
  const probe = `
    import { extractTar } from ${JSON.stringify(new URL("../../lib/files/extract_tar.ts", import.meta.url).href)};
    const worker = new URL(${JSON.stringify(new URL("../programs/unchecked_worker.ts", import.meta.url).href)});
    const [archivePath, destDir] = Deno.args;
    console.log(JSON.stringify(await extractTar({ archivePath, destDir, maxBytes: 0, canNarrow: true, worker })));`;
  await Deno.writeTextFile(`${daemon.directory}/probe.ts`, probe);
  for (const name of ["../canary", canary]) {
    await Deno.writeFile(`${daemon.directory}/a.tgz`, tgz({ name: "fine" }, { name, body: "escaped" }));
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--unstable-worker-options", "--allow-read", "--allow-write"]
        .concat([`${daemon.directory}/probe.ts`, `${daemon.directory}/a.tgz`, `${daemon.directory}/dest`]),
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert(text.includes("permission denied"), text + new TextDecoder().decode(stderr));
    assertEquals([await isThere(canary), await isThere(`${daemon.directory}/dest/fine`)], [false, true]);
  }
});

Deno.test("files.extract_tar replies while other clients are served", async () => {
  await using daemon = await startDaemon();
  const entries = Array.from({ length: 3_000 }, (_, i) => ({ name: `d${i % 50}/f${i}`, body: `${i}`.repeat(200) }));
  await Deno.writeFile(`${daemon.directory}/a.tgz`, tgz(...entries));
  using client = await daemon.connect();
  using other = await daemon.connect();
  await client.send("files.extract_tar", {
    archivePath: `${daemon.directory}/a.tgz`,
    destDir: `${daemon.directory}/x`,
  });
  let pings = 0;
  const answer = client.message().then((message) => message.result);
  const isDone = answer.then(() => true);
  while (!await Promise.race([isDone, other.call("server.ping").then(() => false)])) pings++;
  assertEquals(await answer, { success: true, fileCount: 3_000 });
  assert(pings > 0);
  assertEquals(await Deno.readTextFile(`${daemon.directory}/x/d49/f2999`), "2999".repeat(200));
});

Deno.test("serve refuses archives that are larger than --max-extract-bytes", async () => {
  await using daemon = await startDaemon({ flags: ["--max-extract-bytes", "10"] });
  await Deno.writeFile(`${daemon.directory}/a.tgz`, tgz({ name: "a", body: "12345678901" }));
  using client = await daemon.connect();
  const { result } = await client.call("files.extract_tar", {
    archivePath: `${daemon.directory}/a.tgz`,
    destDir: `${daemon.directory}/x`,
  });
  assertEquals(result, { success: false, fileCount: 0, error: "extraction size limit exceeded" });
});

/** Returns a source of some bytes that then fails like a broken disk. */
function brokenSource(bytes: Uint8Array): ByteSource {
  let left = bytes;
  return {
    read(into) {
      if (left.length === 0) return Promise.reject(new Deno.errors.Interrupted("the disk is broken"));
      const piece = left.subarray(0, into.length);
      left = left.subarray(piece.length);
      into.set(piece);
      return Promise.resolve(piece.length);
    },
  };
}

Deno.test("GzipReader.chunks() throws the error of its source, at any position", async () => {
  const whole = gzip(NOISE);
  for (const length of [0, 5, 10, 1_000, 150_000, whole.length - 8, whole.length - 1, whole.length]) {
    const readAll = async () => {
      const reader = await GzipReader.open(brokenSource(whole.subarray(0, length)));
      for await (const _chunk of reader.chunks()) continue;
    };
    await assertRejects(() => soon("the end of it", readAll()), Deno.errors.Interrupted, "the disk is broken");
  }
});

Deno.test({
  name: "extractArchive() names the archive when reading fails",
  // A regular file whose first bytes cannot be read, because they are not mapped.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using dir = await tempDir();
    const archivePath = "/proc/self/mem";
    const result = await extractArchive({ archivePath, destDir: `${dir.path}/x`, maxBytes: 0, onOpened: () => {} });
    assertEquals(result, { fileCount: 0, error: "gzip: read /proc/self/mem: input/output error" });
    assertEquals(await isThere(`${dir.path}/x`), false);
  },
});

for (const format of ["ustar", "gnu", "pax", "v7", "oldgnu"]) {
  Deno.test(`extractTar() extracts what GNU tar packed as ${format}`, async () => {
    const random = seededRandom(format.length * 7919);
    for (let round = 0; round < 6; round++) {
      await using dir = await tempDir();
      const source = `${dir.path}/source`;
      await Deno.mkdir(source);
      const maxName = format === "v7" || format === "ustar" ? 20 : 120;
      for (let i = 0; i < 40; i++) {
        const depth = Math.floor(random() * 4);
        const part = () =>
          pick(random, ["a", "b c", "\u00e9", "-x", "long".repeat(maxName / 8)]) + Math.floor(random() * 5);
        const directory = [source, ...Array.from({ length: depth }, part)].join("/");
        await Deno.mkdir(directory, { recursive: true });
        const size = Math.floor(random() ** 6 * 200_000);
        await Deno.writeFile(`${directory}/f${i}`, new Uint8Array(size).map(() => random() * 256));
      }
      const packed = await new Deno.Command("tar", {
        args: [`--format=${format}`, "-C", source, "-czf", `${dir.path}/a.tgz`, "."],
      }).output();
      assert(packed.success, new TextDecoder().decode(packed.stderr));
      const result = await extractTar({
        archivePath: `${dir.path}/a.tgz`,
        destDir: `${dir.path}/dest`,
        maxBytes: 0,
        canNarrow: false,
      });
      assertEquals(result, { fileCount: 40 });
      await Deno.remove(`${dir.path}/dest/.synced`);
      const diff = await new Deno.Command("diff", { args: ["-r", source, `${dir.path}/dest`] }).output();
      assertEquals(new TextDecoder().decode(diff.stdout), "");
    }
  });
}

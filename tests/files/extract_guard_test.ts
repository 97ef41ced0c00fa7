import { assertEquals, assertMatch } from "@std/assert";
import { extractArchive } from "../../lib/files/extract.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { gzip, tarArchive } from "../helpers/tar.ts";
import { tempDir } from "../helpers/temp.ts";

/** Endings of a path with which a symlink at its end leads to the directory that it points to. */
const ENDINGS = ["", "/", "/.", "/./.", "//", "/sub/..", "/sub/../"];
const ARCHIVE = gzip(tarArchive([{ name: "new", body: "new" }]));

/** Starts a daemon with a directory of destinations, which has `real/sub` and a symlink `link` to it. */
async function place() {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir());
  const daemon = stack.use(await startDaemon());
  const client = stack.use(await daemon.connect());
  await Deno.mkdir(`${dir.path}/real/sub`, { recursive: true });
  await Deno.symlink("real", `${dir.path}/link`);
  const stay = stack.move();
  return {
    path: dir.path,
    home: daemon.directory,
    async extract(destDir: string, bytes = ARCHIVE) {
      await Deno.writeFile(`${dir.path}/a.tgz`, bytes);
      const { result } = await client.call("files.extract_tar", { archivePath: `${dir.path}/a.tgz`, destDir });
      return result!;
    },
    [Symbol.asyncDispose]: () => stay.disposeAsync(),
  };
}

Deno.test("files.extract_tar refuses a symlink to the home directory or the root, with any path ending", async () => {
  await using at = await place();
  await Deno.mkdir(`${at.home}/sub`);
  await Deno.symlink(at.home, `${at.path}/home`);
  await Deno.symlink("/", `${at.path}/root`);
  for (const ending of ENDINGS) {
    const { error } = await at.extract(`${at.path}/home${ending}`);
    assertEquals(error, `destDir must not be or contain the home directory: "${at.path}/home${ending}"`);
  }
  assertEquals((await at.extract(`${at.path}/home/sub/../../${at.home.split("/").at(-1)}`)).success, false);
  for (const ending of ["", "/", "/tmp/.."]) {
    const { error } = await at.extract(`${at.path}/root${ending}`);
    assertEquals(error, `destDir must be an absolute, non-root path: "${at.path}/root${ending}"`);
  }
  assertEquals(await isThere(`${at.home}/sub`), true);
});

Deno.test("files.extract_tar replaces a symlink and keeps its target, with any path ending", async () => {
  await using at = await place();
  for (const ending of ENDINGS) {
    await Deno.remove(`${at.path}/link`, { recursive: true });
    await Deno.symlink("real", `${at.path}/link`);
    assertEquals(await at.extract(`${at.path}/link${ending}`), { success: true, fileCount: 1 }, ending);
    assertEquals((await Deno.lstat(`${at.path}/link`)).isDirectory, true);
    assertEquals([...Deno.readDirSync(`${at.path}/real`)].map(({ name }) => name), ["sub"], ending);
  }
});

Deno.test("files.extract_tar follows a symlink among the parents and reports the path as given", async () => {
  await using at = await place();
  const destDir = `${at.path}/link//sub/./`;
  await Deno.writeTextFile(`${at.path}/real/sub/old`, "old");
  await Deno.writeTextFile(`${at.path}/real/kept`, "kept");
  assertEquals(await at.extract(destDir), { success: true, fileCount: 1 });
  assertEquals([...Deno.readDirSync(`${at.path}/real/sub`)].map(({ name }) => name).sort(), [".synced", "new"]);
  assertEquals(await isThere(`${at.path}/real/kept`), true);
  const clash = gzip(tarArchive([{ name: "d/", type: "5" }, { name: "d", body: "x" }]));
  assertEquals((await at.extract(destDir, clash)).error, `create d: open ${at.path}/link/sub/d: is a directory`);
});

Deno.test("extractArchive() removes nothing when a parent has become a symlink since the check", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(`${dir.path}/real/dest/sub`, { recursive: true });
  await Deno.symlink("real", `${dir.path}/link`);
  await Deno.writeFile(`${dir.path}/a.tgz`, ARCHIVE);
  const extract = (destDir: string) =>
    extractArchive({ archivePath: `${dir.path}/a.tgz`, destDir, maxBytes: 0, onOpened: () => {} });
  assertMatch((await extract(`${dir.path}/link/dest`)).error ?? "", /^clean destDir: .*replaced by a symlink/);
  assertMatch((await extract(`${dir.path}/link/none`)).error ?? "", /^mkdir destDir: .*replaced by a symlink/);
  assertEquals(await isThere(`${dir.path}/real/dest/sub`), true);
  assertEquals(await isThere(`${dir.path}/real/none/new`), false);
});

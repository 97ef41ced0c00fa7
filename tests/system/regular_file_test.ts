import { assert, assertEquals, assertRejects } from "@std/assert";
import { NotRegularError, openRegularFile, readRegularFile } from "../../lib/system/regular_file.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";

const read = (path: string, maxBytes = 5) => soon(`what is in ${path}`, readRegularFile(path, maxBytes), 20_000);
const mkfifo = (path: string) => new Deno.Command("mkfifo", { args: [path] }).output();

Deno.test("readRegularFile() reads a file up to the size limit and no larger one", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/file`;
  for (const text of ["", "1", "12345"]) {
    await Deno.writeTextFile(path, text);
    assertEquals(await read(path), new TextEncoder().encode(text));
  }
  await Deno.writeTextFile(path, "123456");
  assertEquals(await read(path), undefined);
  await Deno.truncate(path, 2 ** 40);
  assertEquals(await read(path), undefined);
});

Deno.test("readRegularFile() opens only regular files", async () => {
  await using dir = await tempDir();
  await mkfifo(`${dir.path}/fifo`);
  await Deno.writeTextFile(`${dir.path}/file`, "x");
  await Deno.symlink("file", `${dir.path}/link`);
  using _socket = Deno.listen({ transport: "unix", path: `${dir.path}/socket` });
  for (const path of [`${dir.path}/fifo`, `${dir.path}/link`, `${dir.path}/socket`, dir.path, "/dev/zero"]) {
    assertEquals(await read(path), undefined, path);
  }
  await assertRejects(() => read(`${dir.path}/none`), Deno.errors.NotFound);
});

Deno.test("openRegularFile() follows a symlink to a regular file only when followsLinks is set", async () => {
  await using dir = await tempDir();
  await mkfifo(`${dir.path}/fifo`);
  await Deno.writeTextFile(`${dir.path}/file`, "text");
  for (const name of ["file", "fifo"]) await Deno.symlink(name, `${dir.path}/link-to-${name}`);
  const open = (name: string, followsLinks: boolean) => openRegularFile(`${dir.path}/${name}`, { followsLinks });
  for (const name of ["file", "link-to-file"]) {
    await using file = await open(name, true);
    assertEquals(file.size, 4, name);
  }
  await assertRejects(() => open("link-to-file", false), NotRegularError, "not a regular file");
  for (const name of ["fifo", "link-to-fifo"]) {
    await assertRejects(() => open(name, true), NotRegularError, "not a regular file");
  }
  await assertRejects(() => open("", true), NotRegularError, "is a directory");
});

Deno.test("readRegularFile() reads no more than the size limit when a file reports no size", async () => {
  assertEquals(await read("/proc/self/status"), undefined);
});

Deno.test("readRegularFile() does not block when a FIFO replaces the file in the meantime", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/file`;
  await mkfifo(`${dir.path}/fifo`);
  await Deno.writeTextFile(`${dir.path}/one`, "x");
  await Deno.writeTextFile(path, "x");
  let swaps = 0;
  let isDone = false;
  const swapping = (async () => {
    for (; !isDone; swaps++) {
      await Deno.link(`${dir.path}/${swaps % 2 === 0 ? "fifo" : "one"}`, `${dir.path}/next`);
      await Deno.rename(`${dir.path}/next`, path);
    }
  })();
  const seen = { file: 0, other: 0 };
  for (let round = 0; round < 60; round++) {
    const texts = await Promise.all(Array.from({ length: 8 }, () => read(path)));
    for (const text of texts) text === undefined ? seen.other++ : seen.file++;
  }
  isDone = true;
  await swapping;
  assert(seen.file > 0 && seen.other > 0, `${JSON.stringify(seen)} after ${swaps} swaps`);
});

Deno.test("openRegularFile() begins to read where it is told to", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/file`, "0123456789");
  await using file = await openRegularFile(`${dir.path}/file`, { from: 6 });
  const pieces: string[] = [];
  const buffer = new Uint8Array(3);
  for (let size = await file.read(buffer); size !== null; size = await file.read(buffer)) {
    pieces.push(new TextDecoder().decode(buffer.subarray(0, size)));
  }
  assertEquals([pieces, file.size], [["678", "9"], 10]);
});

import { assert, assertEquals } from "@std/assert";
import { ExtractPool } from "../../lib/files/extract_pool.ts";
import { extractArchive } from "../../lib/files/extract.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { concat } from "../../lib/system/io.ts";
import { testHome } from "../helpers/home.ts";
import { claustrum } from "../helpers/command.ts";
import { LineClient } from "../helpers/line_client.ts";
import { gzip, paxHeader, tarArchive } from "../helpers/tar.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

const CORES = navigator.hardwareConcurrency;
const STUCK = new URL("../programs/stuck_worker.ts", import.meta.url);

/** Returns an archive that takes long to read and writes nothing: only headers, 10 MB in each member of 50 kB. */
function slowArchive(members: number): Uint8Array<ArrayBuffer> {
  const header = paxHeader({ comment: "nothing" });
  const member = gzip(concat(Array.from({ length: 10_000 }, () => header)));
  return concat(Array.from({ length: members }, () => member));
}

async function makeFifo(path: string): Promise<void> {
  assert((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
}

/** Creates a directory with archives, and a pool that is disposed together with it. */
async function poolWith(options: { limit?: number; worker?: URL } = {}) {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await tempDir());
  const pool = stack.use(new ExtractPool({ maxBytes: 0, canNarrow: false, ...options }));
  const request = async (name: string) => {
    await Deno.writeFile(`${path}/${name}.tgz`, gzip(tarArchive([{ name: "file", body: name }])));
    return { archivePath: `${path}/${name}.tgz`, destDir: `${path}/${name}` };
  };
  const all = stack.move();
  return { path, pool, request, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

Deno.test("ExtractPool.extract() starts no worker when the archive is not a regular file", async () => {
  // A worker would never reply.
  await using at = await poolWith({ worker: STUCK });
  await makeFifo(`${at.path}/fifo`);
  await Deno.symlink("fifo", `${at.path}/link`);
  await Deno.mkdir(`${at.path}/empty`);
  for (
    const [archivePath, text] of [
      [`${at.path}/fifo`, "not a regular file"],
      [`${at.path}/link`, "not a regular file"],
      ["/dev/null", "not a regular file"],
      [`${at.path}/empty`, "is a directory"],
      [`${at.path}/none`, "no such file or directory"],
      [`${at.path}/fifo/x`, "not a directory"],
    ] as const
  ) {
    const result = await soon("a refusal", at.pool.extract({ archivePath, destDir: `${at.path}/dest` }));
    assertEquals(result, { fileCount: 0, error: `open archive: open ${archivePath}: ${text}` });
  }
  assertEquals([...Deno.readDirSync(at.path)].map(({ name }) => name).sort(), ["empty", "fifo", "link"]);
});

Deno.test("extractArchive() refuses another kind of file when it replaces the archive after the check", async () => {
  await using directory = await tempDir();
  await makeFifo(`${directory.path}/fifo`);
  for (const [name, text] of [["fifo", "not a regular file"], [".", "is a directory"]] as const) {
    const archivePath = `${directory.path}/${name}`;
    const onOpened = () => {
      throw new Error("it was taken for an archive");
    };
    const extracting = extractArchive({ archivePath, destDir: `${directory.path}/dest`, maxBytes: 0, onOpened });
    const error = `open archive: open ${archivePath}: ${text}`;
    assertEquals(await soon("a refusal", extracting), { fileCount: 0, error });
  }
});

Deno.test("ExtractPool.extract() runs up to the limit at once and queues the others in order", async () => {
  await using at = await poolWith({ limit: 1 });
  const order: string[] = [];
  const all = ["a", "b", "c", "d"].map(async (name) => {
    const { destDir, ...rest } = await at.request(name);
    const result = await at.pool.extract({ destDir, ...rest });
    assert(at.pool.running <= 1);
    order.push(name);
    assertEquals(result, { fileCount: 1 });
    assertEquals(await Deno.readTextFile(`${destDir}/file`), name);
  });
  await Promise.all(all);
  assertEquals([order.length, at.pool.running, at.pool.waiting], [4, 0, 0]);
});

Deno.test("ExtractPool.extract() leaves the queue and changes nothing when its client is gone", async () => {
  await using at = await poolWith({ limit: 2, worker: STUCK });
  const gone = new AbortController();
  const [first, second, third, fourth] = await Promise.all(["a", "b", "c", "d"].map(at.request));
  const stuck = [at.pool.extract(first!), at.pool.extract(second!)];
  await waitFor("both to run", () => at.pool.running === 2);
  const left = at.pool.extract(third!, gone.signal);
  const stays = at.pool.extract(fourth!, new AbortController().signal);
  await waitFor("two to wait", () => at.pool.waiting === 2);
  gone.abort();
  assertEquals(await left, { fileCount: 0, error: "extraction not started: the client is gone" });
  assertEquals([at.pool.running, at.pool.waiting], [2, 1]);
  at.pool[Symbol.dispose]();
  assertEquals(
    await Promise.all([...stuck, stays]),
    Array(3).fill({
      fileCount: 0,
      error: "extraction stopped: the daemon is shutting down",
    }),
  );
  assertEquals([at.pool.running, at.pool.waiting], [0, 0]);
  for (const { archivePath, destDir } of [third!, fourth!]) {
    assertEquals([await isThere(archivePath), await isThere(destDir)], [true, false]);
  }
});

Deno.test("ExtractPool.extract() starts nothing when its client is gone or the pool is disposed", async () => {
  await using at = await poolWith({ worker: STUCK });
  const request = await at.request("a");
  const error = "extraction not started: the client is gone";
  assertEquals(await at.pool.extract(request, AbortSignal.abort()), { fileCount: 0, error });
  at.pool[Symbol.dispose]();
  at.pool[Symbol.dispose]();
  const stopped = "extraction stopped: the daemon is shutting down";
  assertEquals(await at.pool.extract(request), { fileCount: 0, error: stopped });
  assert(await isThere(request.archivePath));
});

Deno.test("files.extract_tar refuses a FIFO at once, and the daemon still stops", async () => {
  await using home = await testHome();
  assertEquals((await claustrum(home.path, ["serve", "--socket", home.socket])).code, 0);
  const pid = home.pid();
  await makeFifo(`${home.path}/fifo`);
  using client = await LineClient.connect(home.socket, await home.token());
  const [archivePath, destDir] = [`${home.path}/fifo`, `${home.path}/dest`];
  const { result } = await client.call("files.extract_tar", { archivePath, destDir });
  const error = `open archive: open ${archivePath}: not a regular file`;
  assertEquals(result, { success: false, fileCount: 0, error });
  Deno.kill(pid, "SIGTERM");
  await waitFor("the daemon to end", () => !isAlive(pid));
});

for (const how of ["SIGTERM", "server.shutdown"] as const) {
  Deno.test(`${how} waits for neither running nor queued extractions`, async () => {
    await using home = await testHome();
    assertEquals((await claustrum(home.path, ["serve", "--socket", home.socket])).code, 0);
    const pid = home.pid();
    await Deno.writeFile(`${home.path}/slow`, slowArchive(400));
    using client = await LineClient.connect(home.socket, await home.token());
    for (let i = 0; i < CORES; i++) {
      await Deno.link(`${home.path}/slow`, `${home.path}/${i}`);
      await client.send("files.extract_tar", { archivePath: `${home.path}/${i}`, destDir: `${home.path}/out${i}` });
      await waitFor("it to be opened", async () => !await isThere(`${home.path}/${i}`));
    }
    // Keep all cores busy.
    await client.send("files.extract_tar", { archivePath: `${home.path}/slow`, destDir: `${home.path}/queued` });
    await client.call("server.ping");
    if (how === "SIGTERM") Deno.kill(pid, "SIGTERM");
    else await client.send("server.shutdown");
    // An extraction takes more than twice as long.
    await waitFor("the daemon to end", () => !isAlive(pid), 15_000);
    assertEquals([await isThere(`${home.path}/slow`), await isThere(`${home.path}/queued`)], [true, false]);
    assert(!(await home.log()).includes("panic"), await home.log());
  });
}

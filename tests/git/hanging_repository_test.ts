import { assert, assertEquals } from "@std/assert";
import { plainConfig } from "../../lib/git/plain_config.ts";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { type TestRepository, testRepository } from "../helpers/repository.ts";
import { residentBytes } from "../helpers/resident.ts";
import { soon, waitFor } from "../helpers/wait.ts";

/** More than the number of threads that the runtime has for blocking calls. */
const REQUESTS = 40;

async function replaceByFifo(repo: TestRepository, name: string): Promise<void> {
  await Deno.remove(`${repo.path}/.git/${name}`);
  const { success } = await new Deno.Command("mkfifo", { args: [`${repo.path}/.git/${name}`] }).output();
  assert(success);
}

/** The running children of a daemon. */
function childrenOf({ pid }: TestDaemon): string[] {
  return Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ").filter((child) => child !== "");
}

for (const name of ["config", "HEAD"]) {
  Deno.test(`files.* replies while 40 git.info requests wait for a .git/${name} that is a FIFO`, async () => {
    await using repo = await testRepository();
    await replaceByFifo(repo, name);
    await using daemon = await startDaemon({ flags: ["--git-timeout", "60s"] });
    using client = await daemon.connect();
    using other = await daemon.connect();
    const path = `${repo.path}/file`;
    for (let i = 0; i < REQUESTS; i++) await client.send("git.info", { path: repo.path });
    await waitFor("the gits to hang", () => childrenOf(daemon).length >= REQUESTS);
    for (const method of ["files.stat", "files.read", "files.validate"]) {
      const reply = await soon(`the reply of ${method}`, other.call(method, { path }), 20_000);
      assertEquals(reply.error, undefined);
    }
    assertEquals((await other.call("files.list", { path: repo.path })).result, {
      entries: [{ name: "file", path, isDir: false }],
    });
    client.close();
    await waitFor("the gits to end with their client", () => childrenOf(daemon).length === 0);
    assertEquals(await daemon.stop(), 0);
  });
}

Deno.test("git.info replies after --git-timeout when the configuration is a FIFO", async () => {
  await using repo = await testRepository();
  await replaceByFifo(repo, "config");
  await using daemon = await startDaemon({ flags: ["--git-timeout", "300ms"] });
  using client = await daemon.connect();
  const { result } = await client.call("git.info", { path: repo.path });
  assertEquals(result, { isRepo: false, repoSlug: "", defaultBranch: "" });
});

Deno.test("git.info does not read a sparse configuration of 1.5 GB into memory", async () => {
  await using repo = await testRepository();
  await using daemon = await startDaemon({ flags: ["--git-timeout", "5s"] });
  using client = await daemon.connect();
  await client.call("git.info", { path: repo.path });
  const before = residentBytes(daemon.pid);
  await Deno.truncate(`${repo.path}/.git/config`, 1_500_000_000);
  assertEquals(await plainConfig(repo.path), undefined);
  for (let i = 0; i < 3; i++) await client.call("git.info", { path: repo.path });
  const grown = residentBytes(daemon.pid) - before;
  assert(grown < 64 << 20, `${grown >> 20} MiB more`);
});

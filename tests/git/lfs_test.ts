import { assertEquals } from "@std/assert";
import { startDaemon } from "../helpers/daemon.ts";
import { type TestRepository, testRepository } from "../helpers/repository.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { makeTrap } from "./traps.ts";

/** What git-lfs does with the settings of a repository: it runs the programs that they name. */
const STAND_IN = 'sh -c "$(git config lfs.extension.evil.clean)"; cat';

/** Makes the user's own filter `lfs` apply to the files of a repository, and returns the user's variables. */
async function useLfs(repo: TestRepository): Promise<Record<string, string>> {
  const settings = `${repo.directory}/gitconfig`;
  await Deno.writeTextFile(settings, "");
  for (const kind of ["clean", "smudge"]) await repo.git("config", "--file", settings, `filter.lfs.${kind}`, STAND_IN);
  await repo.git("config", "--file", settings, "filter.lfs.required", "true");
  await repo.write(".gitattributes", "* filter=lfs\n");
  await repo.git("add", ".gitattributes");
  await repo.git("commit", "-q", "-m", "attributes");
  return { GIT_CONFIG_GLOBAL: settings, GIT_CONFIG_SYSTEM: "/dev/null" };
}

async function change(repo: TestRepository): Promise<void> {
  // Same size, different time: git must read the content.
  await repo.write("file", "2\n");
  await Deno.utime(`${repo.path}/file`, 1, 1);
}

for (const contract of ["seed", "next"]) {
  Deno.test(`${contract}: git.* runs the user's lfs, but no program that a repository names to it`, async () => {
    await using repo = await testRepository();
    const { trap, sprung } = await makeTrap(repo);
    const env = await useLfs(repo);
    await using daemon = await startDaemon({ env, flags: ["--contract", contract] });
    using client = await daemon.connect();
    const worktreePath = `${repo.path}/.claude/worktrees/a`;
    const create = (branchName: string) => {
      const path = `${repo.path}/.claude/worktrees/${branchName}`;
      return client.call("git.worktree_create", { baseRepo: repo.path, worktreePath: path, branchName });
    };
    assertEquals((await create("before")).result?.["success"], true);
    await repo.git("config", "lfs.extension.evil.clean", trap);
    await change(repo);
    await client.call("git.status", { path: repo.path, baseRepo: repo.path });
    assertEquals((await create("a")).result?.["success"], true);
    assertEquals([await isThere(sprung), await isThere(`${worktreePath}/file`)], [false, true]);
  });
}

Deno.test("git itself runs the program that a repository names to lfs", async () => {
  await using repo = await testRepository();
  const { trap, sprung } = await makeTrap(repo);
  const env = await useLfs(repo);
  await repo.git("config", "lfs.extension.evil.clean", trap);
  await change(repo);
  await new Deno.Command("git", { args: ["-C", repo.path, "status"], env, stdout: "null", stderr: "null" }).output();
  assertEquals(await isThere(sprung), true);
});

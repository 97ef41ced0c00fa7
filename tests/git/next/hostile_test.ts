import { assertEquals } from "@std/assert";
import { branchNames, worktreeInfo, worktreeStatus } from "../../../lib/git/next/queries.ts";
import { isThere } from "../../../lib/system/private_files.ts";
import { testRepository } from "../../helpers/repository.ts";
import { makeTrap, TRAPS, WORK_TRAPS } from "../traps.ts";
import { create, created, placeIn, remove } from "./sessions.ts";

const LIMITS = { timeoutMs: 60_000 };

for (const [what, plant] of Object.entries({ ...TRAPS, ...WORK_TRAPS })) {
  Deno.test(`no git method of next runs ${what} of a repository`, async () => {
    await using repo = await testRepository();
    const { trap, sprung } = await makeTrap(repo);
    const tree = await created(repo, "before");
    await plant(repo, trap);
    // Same size, different time: git must read the content.
    for (const directory of [repo.path, tree]) {
      await Deno.writeTextFile(`${directory}/file`, "2\n");
      await Deno.utime(`${directory}/file`, 1, 1);
    }
    await Deno.remove(sprung).catch(() => {});
    // They fail where objects are missing; the test only checks that nothing is run.
    await worktreeInfo(repo.path, LIMITS).catch(() => {});
    await branchNames(repo.path, LIMITS).catch(() => {});
    await worktreeStatus(tree, repo.path, LIMITS).catch(() => {});
    await create(repo, "after");
    await worktreeStatus(placeIn(repo, "after"), repo.path, LIMITS).catch(() => {});
    await remove(repo, "before", { branchName: "before" });
    assertEquals(await isThere(sprung), false);
  });
}

Deno.test("git.status of next does not follow the `.git` file of a work tree", async () => {
  await using repo = await testRepository();
  await using other = await testRepository();
  const tree = await created(repo, "a");
  const { trap, sprung } = await makeTrap(other);
  await TRAPS["a clean filter"]!(other, trap);
  await Deno.writeTextFile(`${tree}/.git`, `gitdir: ${other.path}/.git\n`);
  const status = await worktreeStatus(tree, repo.path, LIMITS);
  assertEquals([new TextDecoder().decode(status?.output), await isThere(sprung)], ["", false]);
});

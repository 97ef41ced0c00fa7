import { assertEquals } from "@std/assert";
import { isThere } from "../../lib/system/private_files.ts";
import { localBranches, repoInfo, repoStatus } from "../../lib/git/repository.ts";
import { testRepository } from "../helpers/repository.ts";
import { makeTrap, TRAPS } from "./traps.ts";

const LIMITS = { timeoutMs: 20_000 };

for (const [what, plant] of Object.entries(TRAPS)) {
  Deno.test(`runSafeGit() does not run ${what} of a repository`, async () => {
    await using repo = await testRepository();
    const { trap, sprung } = await makeTrap(repo);
    await plant(repo, trap);
    // Same size, different time: git must read the content.
    await repo.write("file", "2\n");
    await Deno.utime(`${repo.path}/file`, 1, 1);
    await Deno.remove(sprung).catch(() => {});
    const options = { ...LIMITS, directory: repo.path };
    await repoInfo(options);
    await localBranches(options);
    // It fails if objects are missing; the test only checks that nothing is run.
    await repoStatus(options).catch(() => {});
    assertEquals(await isThere(sprung), false);
  });
}

Deno.test("git itself runs the clean filter and the fsmonitor of the tests", async () => {
  for (const what of ["fsmonitor", "a clean filter"]) {
    await using repo = await testRepository();
    const { trap, sprung } = await makeTrap(repo, "cat");
    await TRAPS[what]!(repo, trap);
    await repo.write("file", "2\n");
    await repo.git("status", "--porcelain");
    assertEquals(await isThere(sprung), true, what);
  }
});

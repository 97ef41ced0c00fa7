import { assertEquals } from "@std/assert";
import { removeWorktree } from "../../lib/git/remove_worktree.ts";
import { createWorktree } from "../../lib/git/worktree.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { type TestRepository, testRepository } from "../helpers/repository.ts";
import { lazyFetch, makeTrap, TRAPS, WORK_TRAPS } from "./traps.ts";

const LIMITS = { timeoutMs: 60_000 };

async function createAndRemove(repo: TestRepository): Promise<string> {
  const spec = { baseRepo: repo.path, worktreePath: `${repo.directory}/after`, branchName: "after", sourceBranch: "" };
  const { kind } = await createWorktree(spec, LIMITS);
  await removeWorktree(spec, undefined, LIMITS);
  return kind;
}

for (const [what, plant] of Object.entries({ ...TRAPS, ...WORK_TRAPS })) {
  Deno.test(`git.worktree_create and git.worktree_remove do not run ${what} of a repository`, async () => {
    await using repo = await testRepository();
    const { trap, sprung } = await makeTrap(repo);
    await plant(repo, trap);
    await Deno.remove(sprung).catch(() => {});
    // It fails if objects are missing; the test only checks that nothing is run.
    await createAndRemove(repo);
    assertEquals(await isThere(sprung), false);
  });
}

Deno.test("git itself runs a filter that is configured for work trees and new branches only", async () => {
  await using repo = await testRepository();
  const { trap, sprung } = await makeTrap(repo, "cat");
  await WORK_TRAPS["a filter that is configured for work trees and new branches only"]!(repo, trap);
  await repo.git("worktree", "add", "-q", "-b", "after", `${repo.directory}/after`);
  assertEquals(await isThere(sprung), true);
});

Deno.test("git.worktree_create works when the repository includes a file on a condition, and one that is missing", async () => {
  await using repo = await testRepository();
  await Deno.writeTextFile(`${repo.path}/.git/other`, "[user]\n\tname = other\n");
  await repo.git("config", "includeIf.onbranch:none.path", "other");
  await repo.git("config", "--add", "includeIf.onbranch:none.path", "missing");
  assertEquals(await createAndRemove(repo), "created");
});

Deno.test("git.worktree_create runs nothing when git cannot list the configuration", async () => {
  await using repo = await testRepository();
  const { trap, sprung } = await makeTrap(repo);
  await WORK_TRAPS["a filter of the commit"]!(repo, trap);
  await Deno.writeTextFile(`${repo.path}/.git/broken`, "[broken\n");
  await repo.git("config", "includeIf.onbranch:none.path", "broken");
  assertEquals([await createAndRemove(repo), await isThere(sprung)], ["failed", false]);
});

for (const runs of [true, false]) {
  const who = runs ? "git itself runs" : "git.worktree_create does not run";
  Deno.test(`${who} a credential helper of a repository when a server asks for a password`, async () => {
    await using repo = await testRepository();
    const { trap, sprung } = await makeTrap(repo);
    let asked = 0;
    const ask = () => {
      asked++;
      return new Response("", { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
    };
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ask);
    const url = `http://127.0.0.1:${server.addr.port}/x`;
    await lazyFetch(repo, url, ["credential.helper", `!${trap}`]);
    await repo.git("config", `credential.${url}.helper`, `!${trap}`);
    if (runs) await repo.git("worktree", "add", "-b", "after", `${repo.directory}/after`).catch(() => {});
    else await createAndRemove(repo);
    assertEquals([asked > 0, await isThere(sprung)], [true, runs]);
  });
}

import { assertEquals, assertMatch } from "@std/assert";
import { removeTree } from "../../../lib/git/next/tree_removal.ts";
import { isThere } from "../../../lib/system/private_files.ts";
import { type TestRepository, testRepository } from "../../helpers/repository.ts";
import { branchesOf, commit, created, placeIn, remove } from "./sessions.ts";

const DONE = { isBranchKept: false };

Deno.test("removeSessionWorktree() removes the files, the entry and a branch that another one reaches", async () => {
  await using repo = await testRepository();
  const path = await created(repo, "a");
  await Deno.mkdir(`${path}/deep/down`, { recursive: true });
  await Deno.symlink(repo.path, `${path}/link`);
  assertEquals(await remove(repo, "a", { branchName: "a" }), DONE);
  assertEquals([await isThere(path), await isThere(`${repo.path}/.git/worktrees/a`)], [false, false]);
  assertEquals(await branchesOf(repo), ["trunk"]);
  assertEquals(await isThere(`${repo.path}/file`), true);
});

/** What else there is beside a branch with a commit of its own, and whether the branch goes. */
const BRANCHES: Readonly<Record<string, { make: (repo: TestRepository) => Promise<unknown>; goes: boolean }>> = {
  "nothing else": { make: () => Promise.resolve(), goes: false },
  "a tag": { make: (repo) => repo.git("tag", "t", "a"), goes: false },
  "another branch": { make: (repo) => repo.git("branch", "b", "a"), goes: true },
  "a remote-tracking ref": { make: (repo) => repo.git("update-ref", "refs/remotes/origin/a", "a"), goes: true },
  "a symbolic ref to it": { make: (repo) => repo.git("symbolic-ref", "refs/heads/b", "refs/heads/a"), goes: false },
  "a detached HEAD": { make: (repo) => repo.git("checkout", "-q", "--detach", "a"), goes: false },
  "a branch that differs in case": {
    async make(repo) {
      await repo.git("branch", "b", "a");
      await repo.git("branch", "A", "a");
    },
    goes: false,
  },
  "a work tree that has it checked out": {
    async make(repo) {
      await repo.git("branch", "b", "a");
      await repo.git("worktree", "add", "-q", "-f", `${repo.directory}/other`, "a");
    },
    goes: false,
  },
};

for (const [what, { make, goes }] of Object.entries(BRANCHES)) {
  Deno.test(`removeSessionWorktree() ${goes ? "deletes" : "keeps"} a branch beside ${what}`, async () => {
    await using repo = await testRepository();
    await commit(repo, await created(repo, "a"), "own");
    await make(repo);
    assertEquals(await remove(repo, "a", { branchName: "a" }), { isBranchKept: !goes });
    assertEquals((await branchesOf(repo)).includes("a"), !goes);
  });
}

Deno.test("removeSessionWorktree() skips a branch that is none", async () => {
  await using repo = await testRepository();
  for (const branchName of ["", "-x", "+x", "no-such"]) {
    await created(repo, "a", { branchName: "kept", existingBranch: "kept" });
    assertEquals(await remove(repo, "a", { branchName }), DONE, branchName);
  }
  assertEquals(await branchesOf(repo), ["kept", "trunk"]);
});

Deno.test("removeSessionWorktree() removes a plain directory, and only the entry of one that is gone", async () => {
  await using repo = await testRepository();
  await repo.write(".claude/worktrees/plain/file", "x");
  assertEquals(await remove(repo, "plain"), DONE);
  assertEquals(await isThere(placeIn(repo, "plain")), false);
  await Deno.remove(await created(repo, "a"), { recursive: true });
  assertEquals(await remove(repo, "a", { branchName: "a" }), DONE);
  assertEquals(await isThere(`${repo.path}/.git/worktrees/a`), false);
});

Deno.test("removeSessionWorktree() keeps a locked work tree, and the entry of one that is gone", async () => {
  await using repo = await testRepository();
  const path = await created(repo, "a");
  await repo.git("worktree", "lock", path);
  assertEquals(await remove(repo, "a"), {
    error: `refusing to remove worktree: ${path} is locked (git worktree lock); unlock it to remove it`,
    isBranchKept: false,
  });
  await Deno.remove(path, { recursive: true });
  assertMatch((await remove(repo, "a")).error ?? "", /is gone but its registration is locked/);
  assertEquals(await isThere(`${repo.path}/.git/worktrees/a`), true);
});

Deno.test("removeSessionWorktree() follows no symlink", async () => {
  await using repo = await testRepository();
  await Deno.mkdir(`${repo.directory}/outside`);
  await Deno.writeTextFile(`${repo.directory}/outside/precious`, "x");
  await Deno.mkdir(`${repo.path}/.claude`);
  await Deno.symlink(repo.directory, `${repo.path}/.claude/worktrees`);
  assertMatch((await remove(repo, "outside")).error ?? "", /worktrees is a symbolic link; a symlinked/);
  await Deno.remove(`${repo.path}/.claude/worktrees`);
  await Deno.mkdir(`${repo.path}/.claude/worktrees`);
  await Deno.symlink(`${repo.directory}/outside`, placeIn(repo, "link"));
  assertMatch((await remove(repo, "link")).error ?? "", /link is a symbolic link, not a worktree directory$/);
  assertEquals(await isThere(`${repo.directory}/outside/precious`), true);
});

Deno.test("removeSessionWorktree() says what it could not remove", async () => {
  if (Deno.uid() === 0) return; // root may remove anything
  await using repo = await testRepository();
  const path = await created(repo, "a");
  await Deno.mkdir(`${path}/kept/sub`, { recursive: true });
  await Deno.chmod(`${path}/kept`, 0o500);
  assertEquals((await remove(repo, "a")).error, "failed to remove worktree: RemoveAll kept: permission denied");
  await Deno.chmod(`${path}/kept`, 0o700);
});

Deno.test("removeTree() says what nobody can remove", { ignore: Deno.build.os !== "linux" }, async () => {
  // Files that not even root can remove.
  const failure = await removeTree(`/proc/${Deno.pid}/fdinfo`);
  assertEquals(failure, { name: "0", reason: "operation not permitted" });
});

Deno.test("removeSessionWorktree() does not remove what it cannot check", async () => {
  await using repo = await testRepository();
  const path = await created(repo, "a");
  await Deno.writeTextFile(`${repo.path}/.git/commondir`, "/elsewhere\n");
  assertMatch((await remove(repo, "a")).error ?? "", /could not check whether .* is locked/);
  assertEquals(await isThere(path), true);
});

Deno.test("removeSessionWorktree() keeps home, other repositories and plain directories elsewhere", async () => {
  await using repo = await testRepository();
  await repo.write("src/code", "x");
  await repo.git("init", "-q", placeIn(repo, "clone"));
  await created(repo, "a");
  const refused: readonly (readonly [worktreePath: string, error: RegExp])[] = [
    [`${repo.path}/src`, /must not lie in the repository unless it is a work tree/],
    [`${repo.path}/.claude`, /must not contain another work tree|must not lie in the repository/],
    [placeIn(repo, "clone"), /must not be a repository of its own/],
    [`${repo.path}/.git/refs`, /must not lie in the git directory/],
  ];
  for (const [worktreePath, error] of refused) {
    assertMatch((await remove(repo, "", { worktreePath })).error ?? "", error, worktreePath);
    assertEquals(await isThere(worktreePath), true);
  }
  assertMatch((await remove(repo, "a", {}, placeIn(repo, "a"))).error ?? "", /home directory/);
});

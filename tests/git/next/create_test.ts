import { assert, assertEquals, assertMatch } from "@std/assert";
import { isThere } from "../../../lib/system/private_files.ts";
import { type TestRepository, testRepository } from "../../helpers/repository.ts";
import { branchesOf, commit, create, created, failure, placeIn } from "./sessions.ts";

Deno.test("createSessionWorktree() answers with the path as sent and the branch", async () => {
  await using repo = await testRepository();
  const worktreePath = `${repo.path}//.claude/./worktrees/a/`;
  assertEquals(await create(repo, "a", { worktreePath }), {
    kind: "created",
    path: worktreePath,
    sourceBranch: "trunk",
    branch: "a",
  });
  assertEquals(await Deno.readTextFile(`${placeIn(repo, "a")}/file`), "1\n");
  assertEquals((await repo.git("-C", placeIn(repo, "a"), "status", "--porcelain")).trim(), "");
});

Deno.test("createSessionWorktree() accepts the resolved name of a repository that was opened through a symlink", async () => {
  await using repo = await testRepository();
  await Deno.symlink(repo.path, `${repo.directory}/link`);
  assertEquals((await create(repo, "a", { baseRepo: `${repo.directory}/link` })).kind, "created");
  const worktreePath = `${repo.directory}/link/.claude/worktrees/b`;
  assertEquals((await create(repo, "b", { baseRepo: `${repo.directory}/link`, worktreePath })).kind, "created");
});

/** The state of a branch `s` here and at the remote, and which of them a work tree starts from. */
const STARTS: Readonly<Record<string, { make: (repo: TestRepository) => Promise<unknown>; from: string }>> = {
  "the local branch if there is no other": { make: (repo) => repo.git("branch", "s"), from: "refs/heads/s" },
  "the remote branch if there is no other": {
    make: async (repo) => await remoteAt(repo, await commitAside(repo, "one")),
    from: "refs/remotes/origin/s",
  },
  "the remote branch if the local one is behind": {
    async make(repo) {
      await repo.git("branch", "s");
      await remoteAt(repo, await commitAside(repo, "one"));
    },
    from: "refs/remotes/origin/s",
  },
  "the local branch if it is ahead": {
    async make(repo) {
      await remoteAt(repo, "HEAD");
      await repo.git("branch", "s", await commitAside(repo, "one"));
    },
    from: "refs/heads/s",
  },
  "the local branch if both have gone on": {
    async make(repo) {
      await remoteAt(repo, await commitAside(repo, "one"));
      await repo.git("branch", "s", await commitAside(repo, "two"));
    },
    from: "refs/heads/s",
  },
  "the remote branch if the local one has changed .claude alone": {
    async make(repo) {
      await remoteAt(repo, await commitAside(repo, "one"));
      await repo.git("branch", "s", await commitAside(repo, ".claude/settings.json"));
    },
    from: "refs/remotes/origin/s",
  },
  "the remote branch if the local one has changed .mcp.json alone": {
    async make(repo) {
      await remoteAt(repo, "HEAD");
      await repo.git("branch", "s", await commitAside(repo, ".mcp.json"));
    },
    from: "refs/remotes/origin/s",
  },
  "the local branch if only a .claude further down has changed": {
    async make(repo) {
      await remoteAt(repo, "HEAD");
      await repo.git("branch", "s", await commitAside(repo, "sub/.claude/settings.json"));
    },
    from: "refs/heads/s",
  },
  "the remote branch if they share no commit": {
    async make(repo) {
      await remoteAt(repo, "HEAD");
      const tree = (await repo.git("rev-parse", "HEAD^{tree}")).trim();
      await repo.git("branch", "s", (await repo.git("commit-tree", "-m", "other root", tree)).trim());
    },
    from: "refs/remotes/origin/s",
  },
};

function remoteAt(repo: TestRepository, commit: string): Promise<string> {
  return repo.git("update-ref", "refs/remotes/origin/s", commit);
}

/** Makes a commit on top of HEAD, which stays where it is. */
async function commitAside(repo: TestRepository, file: string): Promise<string> {
  await repo.git("checkout", "-q", "--detach");
  const made = await commit(repo, repo.path, file);
  await repo.git("checkout", "-q", "trunk");
  return made;
}

for (const [what, { make, from }] of Object.entries(STARTS)) {
  Deno.test(`createSessionWorktree() starts from ${what}`, async () => {
    await using repo = await testRepository();
    await make(repo);
    const outcome = await create(repo, "new", { sourceBranch: "s" });
    assertEquals(outcome.kind === "created" ? outcome.sourceBranch : failure(outcome), "s");
    assertEquals(await repo.git("rev-parse", "new"), await repo.git("rev-parse", from));
    assertEquals(await repo.git("for-each-ref", "--format=%(upstream)", "refs/heads/new"), "\n");
  });
}

Deno.test("createSessionWorktree() reports no source for a detached HEAD, and HEAD's branch for an unknown one", async () => {
  await using repo = await testRepository();
  const unknown = await create(repo, "a", { sourceBranch: "no-such" });
  assertEquals(unknown.kind === "created" && unknown.sourceBranch, "trunk");
  await repo.git("checkout", "-q", "--detach");
  const detached = await create(repo, "b");
  assertEquals(detached.kind === "created" && detached.sourceBranch, undefined);
});

Deno.test("createSessionWorktree() refuses a repository without a commit", async () => {
  await using repo = await testRepository();
  await repo.git("init", "-q", "-b", "main", `${repo.directory}/new`);
  const baseRepo = `${repo.directory}/new`;
  const outcome = await create(repo, "a", { baseRepo, worktreePath: `${baseRepo}/.claude/worktrees/a` });
  const [code, error] = failure(outcome);
  assertEquals(code, "worktree_add_failed");
  assertMatch(error, /^git worktree add failed: .*HEAD/);
  assertEquals(await isThere(`${baseRepo}/.claude/worktrees/a`), false);
});

Deno.test("createSessionWorktree() attaches an existing branch, and names it", async () => {
  await using repo = await testRepository();
  await repo.git("branch", "kept");
  const outcome = await create(repo, "new", { existingBranch: "kept" });
  assertEquals(outcome.kind === "created" && outcome.branch, "kept");
  assertEquals((await repo.git("-C", placeIn(repo, "new"), "symbolic-ref", "--short", "HEAD")).trim(), "kept");
  assertEquals(await branchesOf(repo), ["kept", "trunk"]);
});

Deno.test("createSessionWorktree() makes a new branch if there is no such branch, or it cannot be attached", async () => {
  await using repo = await testRepository();
  await repo.git("tag", "tagged");
  for (const [i, existingBranch] of ["no-such", "tagged", "-", "trunk", "refs/heads/trunk"].entries()) {
    const outcome = await create(repo, `b${i}`, { existingBranch });
    assertEquals(outcome.kind === "created" && outcome.branch, `b${i}`, existingBranch);
  }
});

Deno.test("createSessionWorktree() says why neither branch could be used", async () => {
  await using repo = await testRepository();
  await repo.git("branch", "taken");
  const [code, error] = failure(await create(repo, "new", { branchName: "taken", existingBranch: "trunk" }));
  assertEquals(code, "worktree_add_failed");
  assertMatch(
    error,
    /^git worktree add failed: .*'taken' already exists \(attaching to the existing branch trunk was refused first: .*\)$/,
  );
  assertEquals(await isThere(placeIn(repo, "new")), false);
});

Deno.test("createSessionWorktree() refuses a path that leads through a symlink, and one that exists", async () => {
  await using repo = await testRepository();
  await Deno.mkdir(`${repo.directory}/outside`);
  await Deno.symlink(`${repo.directory}/outside`, `${repo.path}/.claude`);
  const [code, error] = failure(await create(repo, "a"));
  assertEquals(code, "symlinked_component");
  assert(error.startsWith(`refusing to create worktree: ${repo.path}/.claude is a symbolic link; `));
  await Deno.remove(`${repo.path}/.claude`);
  await Deno.mkdir(`${repo.path}/.claude/worktrees`, { recursive: true });
  await Deno.symlink("/nowhere", placeIn(repo, "dangling"));
  await Deno.mkdir(placeIn(repo, "empty"));
  for (const name of ["dangling", "empty"]) {
    const [code, error] = failure(await create(repo, name));
    assertEquals([code, error.slice(0, 29)], ["unsafe_path", "refusing to create worktree: "]);
    assertMatch(error, /already exists, and a new worktree is only ever created in a fresh directory$/);
  }
});

Deno.test("createSessionWorktree() uses the path of a work tree again that is gone, unless it is locked", async () => {
  await using repo = await testRepository();
  await Deno.remove(await created(repo, "a"), { recursive: true });
  assertEquals((await create(repo, "a", { branchName: "a2" })).kind, "created");
  await repo.git("worktree", "lock", placeIn(repo, "a"));
  await Deno.remove(placeIn(repo, "a"), { recursive: true });
  assertMatch(failure(await create(repo, "a", { branchName: "a3" }))[1], /^git worktree add failed: .*locked/);
});

Deno.test("createSessionWorktree() takes no repository where work trees of sessions are kept", async () => {
  await using repo = await testRepository();
  const inner = await created(repo, "a");
  const outcome = await create(repo, "b", { baseRepo: inner, worktreePath: `${inner}/.claude/worktrees/b` });
  assertEquals(failure(outcome)[0], "nested_base_repo");
});

Deno.test("createSessionWorktree() undoes everything when the time is over", async () => {
  await using repo = await testRepository();
  const [code, error] = failure(await create(repo, "a", { timeoutMs: 1 }));
  assertEquals(code, "timeout");
  assertMatch(error, /^git worktree add timed out after 1ms \(deadline expired before the checkout started\)$/);
  assertEquals(await isThere(placeIn(repo, "a")), false);
  assertEquals(await branchesOf(repo), ["trunk"]);
  assertEquals((await repo.git("worktree", "list", "--porcelain")).match(/^worktree /gm)?.length, 1);
});

Deno.test("createSessionWorktree() undoes a checkout that fails, and keeps the branch if only it has the commits", async () => {
  await using repo = await testRepository();
  await repo.git("checkout", "-q", "--detach");
  const alone = await commit(repo, repo.path, "alone");
  const blob = (await repo.git("rev-parse", "HEAD:alone")).trim();
  await Deno.remove(`${repo.path}/.git/objects/${blob.slice(0, 2)}/${blob.slice(2)}`);
  const outcome = await create(repo, "a");
  assertEquals(outcome.kind === "failed" && outcome.isBranchKept, true);
  assertMatch(
    failure(outcome)[1],
    /^git worktree add failed \(checkout\): .*; and the undo could not finish for .*\/a: /,
  );
  assertEquals((await repo.git("rev-parse", "a")).trim(), alone);
  assertEquals(await isThere(placeIn(repo, "a")), false);
});

Deno.test("createSessionWorktree() copies only what git ignores, and nothing that belongs to one place", async () => {
  await using repo = await testRepository();
  await repo.write(".gitignore", ".env\n.claude/*\n!.claude/shared.json\n");
  await repo.write(".worktreeinclude", ".env\nplain\nquot\u00e9*\n");
  await repo.write(".git/info/exclude", "quot\u00e9\n");
  for (const name of [".env", "plain", "quot\u00e9", ".claude/settings.local.json", ".claude/shared.json"]) {
    await repo.write(name, name);
  }
  const local = [
    "Scheduled_Tasks.json",
    "routines/.state/x",
    "worktrees/x/y",
    "mailbox/m",
    "first-run",
    "checkpoints/c",
  ];
  for (const name of local) await repo.write(`.claude/${name}`, "x");
  await repo.write(".claude/agents/mailbox/kept", "x");
  const path = await created(repo, "new");
  const names = [".env", "quot\u00e9", ".claude/settings.local.json", ".claude/agents/mailbox/kept"];
  for (const name of names) assertEquals(await isThere(`${path}/${name}`), true, name);
  for (const name of ["plain", ".claude/shared.json", ...local.map((each) => `.claude/${each}`)]) {
    assertEquals(await isThere(`${path}/${name}`), false, name);
  }
});

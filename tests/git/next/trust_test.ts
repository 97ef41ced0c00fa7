import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { isManaged } from "../../../lib/git/next/managed.ts";
import { branchNames, worktreeInfo, worktreeStatus } from "../../../lib/git/next/queries.ts";
import { GitRefusal } from "../../../lib/git/next/refusal.ts";
import { checkTrust } from "../../../lib/git/next/trust.ts";
import { findRepository } from "../../../lib/git/next/walk.ts";
import { type TestRepository, testRepository } from "../../helpers/repository.ts";
import { create, created, failure } from "./sessions.ts";

const LIMITS = { timeoutMs: 60_000 };

/** What is done to a repository or to the entry of a work tree, and the end of what is said about it. */
const CASES: Readonly<Record<string, { at: "main" | "tree"; make: (file: string) => Promise<void>; says?: RegExp }>> = {
  "a commandir of one dot": { at: "main", make: (file) => Deno.writeTextFile(file, ".\n") },
  "a commondir of a dot and a slash": { at: "main", make: (file) => Deno.writeTextFile(file, "./\n") },
  "S1, another place": {
    at: "main",
    make: (file) => Deno.writeTextFile(file, "/elsewhere\n"),
    says: /\/\.git\/commondir" reads "\/elsewhere"; git writes that file only inside/,
  },
  "S2, a directory": { at: "main", make: (file) => Deno.mkdir(file), says: /\(commondir is not a regular file\); git/ },
  "S2, a symlink out": {
    at: "main",
    make: (file) => Deno.symlink("/etc/passwd", file),
    says: /\(openat commondir: path escapes from parent\); git/,
  },
  "S2, a large file": {
    at: "main",
    make: (file) => Deno.writeFile(file, new Uint8Array((1 << 20) + 1)),
    says: /\(commondir is larger than 1048576 bytes\); git/,
  },
  "M2, another place": {
    at: "tree",
    make: (file) => Deno.writeTextFile(file, "../../..\n"),
    says: /commondir" does not name the entry's own repository, ".*\/repo\/\.git"; restore/,
  },
  "M3, nothing": { at: "tree", make: (file) => Deno.remove(file), says: /worktree entry ".*\/worktrees\/a" has none/ },
  "M4, a directory": {
    at: "tree",
    async make(file) {
      await Deno.remove(file);
      await Deno.mkdir(file);
    },
    says: /\(commondir is not a regular file\); remove it, or remove that worktree entry/,
  },
};

for (const [what, { at, make, says }] of Object.entries(CASES)) {
  Deno.test(`a git directory ${says === undefined ? "may" : "must not"} have a commondir: ${what}`, async () => {
    await using repo = await testRepository();
    const tree = `${repo.directory}/tree`;
    await repo.git("worktree", "add", "-q", "-b", "a", tree);
    await Deno.rename(`${repo.path}/.git/worktrees/tree`, `${repo.path}/.git/worktrees/a`);
    await Deno.writeTextFile(`${tree}/.git`, `gitdir: ${repo.path}/.git/worktrees/a\n`);
    await make(at === "main" ? `${repo.path}/.git/commondir` : `${repo.path}/.git/worktrees/a/commondir`);
    const directory = at === "main" ? repo.path : tree;
    const found = (await findRepository(directory))!;
    if (says === undefined) return await checkTrust(found);
    const { message } = await assertRejects(() => checkTrust(found), GitRefusal);
    assertMatch(message, says);
    assertEquals(message.startsWith("the repository's git directory could not be trusted; git not run: "), true);
    for (const ask of [worktreeInfo, branchNames]) {
      await assertRejects(() => ask(directory, LIMITS), GitRefusal, message);
    }
    await assertRejects(() => worktreeStatus(tree, directory, LIMITS), GitRefusal, message);
    const worktreePath = `${directory}/.claude/worktrees/x`;
    assertEquals(failure(await create(repo, "x", { baseRepo: directory, worktreePath })), [
      "worktree_add_failed",
      message,
    ]);
  });
}

/** What is at `.git`, and whether a repository is found from a directory below it. */
const WALKS: Readonly<Record<string, { make: (repo: TestRepository) => Promise<unknown>; found: boolean }>> = {
  "a good one": { make: () => Promise.resolve(), found: true },
  "a commit in HEAD": { make: (repo) => repo.git("checkout", "-q", "--detach"), found: true },
  "no objects": { make: (repo) => Deno.rename(`${repo.path}/.git/objects`, `${repo.directory}/objects`), found: false },
  "another HEAD": { make: (repo) => repo.write(".git/HEAD", "ref: elsewhere\n"), found: false },
  "a file that names nothing": {
    async make(repo) {
      await Deno.rename(`${repo.path}/.git`, `${repo.directory}/git`);
      await repo.write(".git", "hello\n");
    },
    found: false,
  },
  "a file that names it": {
    async make(repo) {
      await Deno.rename(`${repo.path}/.git`, `${repo.directory}/git`);
      await repo.write(".git", "gitdir: ../git\n");
    },
    found: true,
  },
};

for (const [what, { make, found }] of Object.entries(WALKS)) {
  Deno.test(`findRepository() finds ${found ? "the repository" : "none"} if .git is ${what}`, async () => {
    await using repo = await testRepository();
    await make(repo);
    await repo.write("deep/down/file", "x");
    assertEquals((await findRepository(`${repo.path}/deep/down`))?.root, found ? repo.path : undefined);
  });
}

Deno.test("isManaged() knows the places of work trees inside and outside of repositories", async () => {
  await using repo = await testRepository();
  const tree = await created(repo, "a");
  await repo.write("marked/.claude-managed-worktrees", "");
  await repo.write("marked/tree/file", "");
  await repo.write("clone/.claude-managed-worktrees", "");
  await repo.write("clone/.git/HEAD", "");
  await repo.write("clone/sub/file", "");
  const places = {
    "": false,
    "/.claude/worktrees": false,
    "/marked": false,
    "/marked/tree": true,
    "/clone/sub": false,
  };
  for (const [place, is] of Object.entries(places)) assertEquals(await isManaged(repo.path + place), is, place);
  assertEquals(await isManaged(tree), true);
  await Deno.symlink(tree, `${repo.directory}/link`);
  assertEquals(await isManaged(`${repo.directory}/link`), true);
});

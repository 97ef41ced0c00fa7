import { assertEquals, assertMatch } from "@std/assert";
import { removeWorktree } from "../../lib/git/remove_worktree.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { type TestRepository, testRepository } from "../helpers/repository.ts";
import { canMount, mountAgain } from "../helpers/small_disk.ts";
import { soon } from "../helpers/wait.ts";

const LIMITS = { timeoutMs: 20_000 };
/** Endings of a path with which a symlink at its end leads to the directory that it points to. */
const ENDINGS = ["", "/", "/.", "/./.", "//", "/sub/..", "/sub/../", "/./sub/.././"];

/** Removes a work tree and returns the text of a failure, or `undefined`. */
function remove(repo: TestRepository, worktreePath: string, options: { baseRepo?: string; home?: string } = {}) {
  const { baseRepo = repo.path, home = "/nonexistent" } = options;
  return removeWorktree({ baseRepo, worktreePath, branchName: "" }, home, LIMITS);
}

async function addTree(repo: TestRepository, path: string): Promise<string> {
  await repo.git("worktree", "add", "-q", "--detach", path);
  return path;
}

for (const ending of ENDINGS) {
  Deno.test(`git.worktree_remove keeps the repository when the path is a symlink to it and ends in ${JSON.stringify(ending)}`, async () => {
    await using repo = await testRepository();
    await using daemon = await startDaemon();
    using client = await daemon.connect();
    await repo.write("sub/file", "x");
    const link = `${repo.directory}/link`;
    await Deno.symlink(repo.path, link);
    const worktreePath = `${link}${ending}`;
    const { result } = await client.call("git.worktree_remove", { baseRepo: repo.path, worktreePath });
    assertEquals(result, {
      success: false,
      error: `worktreePath must not be or contain the repository: "${worktreePath}"`,
    });
    assertEquals(await repo.git("status", "--porcelain"), "?? sub/\n");
  });

  Deno.test(`removeWorktree() keeps the home directory when the path is a symlink to it and ends in ${JSON.stringify(ending)}`, async () => {
    await using repo = await testRepository();
    const home = `${repo.directory}/home`;
    await Deno.mkdir(`${home}/sub`, { recursive: true });
    await Deno.symlink(home, `${repo.directory}/link`);
    const worktreePath = `${repo.directory}/link${ending}`;
    assertEquals(
      await remove(repo, worktreePath, { home }),
      `worktreePath must not be or contain the home directory: "${worktreePath}"`,
    );
    assertEquals(await isThere(`${home}/sub`), true);
  });

  Deno.test(`removeWorktree() keeps the target of a symlink when the path ends in ${JSON.stringify(ending)}`, async () => {
    await using repo = await testRepository();
    const real = `${repo.directory}/real`;
    await Deno.mkdir(`${real}/sub`, { recursive: true });
    await Deno.symlink(real, `${repo.directory}/link`);
    await remove(repo, `${repo.directory}/link${ending}`);
    assertEquals(await isThere(`${real}/sub`), true);
  });

  Deno.test(`removeWorktree() keeps a work tree when the path is a symlink to it and ends in ${JSON.stringify(ending)}`, async () => {
    await using repo = await testRepository();
    const tree = await addTree(repo, `${repo.directory}/tree`);
    await Deno.mkdir(`${tree}/sub`);
    await Deno.symlink(tree, `${repo.directory}/link`);
    assertMatch(
      await remove(repo, `${repo.directory}/link${ending}`) ?? "",
      /must not lead through a symlink|link is a symbolic link, not a worktree directory$/,
    );
    assertEquals([await isThere(`${tree}/.git`), await isThere(`${repo.directory}/link`)], [true, true]);
  });
}

Deno.test("removeWorktree() keeps the repository when the path reaches it by `..` through a symlink", async () => {
  await using repo = await testRepository();
  await Deno.mkdir(`${repo.path}/src/deep`, { recursive: true });
  await Deno.mkdir(`${repo.directory}/other`);
  await Deno.symlink(`${repo.path}/src`, `${repo.directory}/other/link`);
  // The kernel resolves it to the repository; as written it is the directory `other`.
  const worktreePath = `${repo.directory}/other/link/..`;
  assertMatch(await remove(repo, worktreePath) ?? "", /must not be or contain the repository/);
  // As written it is the repository; the kernel resolves it to the directory of `target`.
  await Deno.mkdir(`${repo.directory}/elsewhere/target`, { recursive: true });
  await Deno.symlink(`${repo.directory}/elsewhere/target`, `${repo.path}/link`);
  assertMatch(await remove(repo, `${repo.path}/link/..`) ?? "", /must not be or contain the repository/);
  assertEquals(await isThere(`${repo.directory}/elsewhere/target`), true);
  assertEquals(await isThere(`${repo.directory}/other/link`), true);
});

Deno.test("removeWorktree() resolves a relative path from the repository, even when that is a symlink or a subdirectory", async () => {
  await using repo = await testRepository();
  await Deno.mkdir(`${repo.path}/src`);
  await Deno.mkdir(`${repo.directory}/links`);
  await Deno.symlink(`${repo.path}/src`, `${repo.directory}/links/base`);
  for (const baseRepo of [`${repo.path}/src`, `${repo.directory}/links/base`, `${repo.directory}/links/base/`]) {
    assertMatch(await remove(repo, "..", { baseRepo }) ?? "", /must not be or contain the repository/);
    assertMatch(await remove(repo, "../.git", { baseRepo }) ?? "", /must not/);
    await addTree(repo, `${repo.directory}/tree`);
    assertEquals(await remove(repo, "../../tree", { baseRepo }), undefined);
    assertEquals(await isThere(`${repo.directory}/tree`), false);
  }
  assertEquals(await isThere(`${repo.directory}/links/base`), true);
});

Deno.test("removeWorktree() follows no symlink in the repository, however that is spelled", async () => {
  await using repo = await testRepository();
  await Deno.mkdir(`${repo.directory}/outside`);
  await addTree(repo, `${repo.directory}/outside/precious`);
  await Deno.symlink(`${repo.directory}/outside`, `${repo.path}/.claude`);
  await Deno.symlink(repo.path, `${repo.directory}/alias`);
  for (const base of [repo.path, `${repo.directory}/alias`]) {
    for (const path of [repo.path, `${repo.directory}/alias`]) {
      const failed = await remove(repo, `${path}/.claude/precious`, { baseRepo: base });
      assertMatch(failed ?? "", /\/\.claude is a symbolic link; /, `${path} of ${base}`);
    }
  }
  assertEquals(await isThere(`${repo.directory}/outside/precious`), true);
});

Deno.test("removeWorktree() does not resolve a relative path from the daemon's working directory", async () => {
  await using repo = await testRepository();
  const name = `stray-${crypto.randomUUID()}`;
  await using stack = new AsyncDisposableStack();
  await Deno.mkdir(`${Deno.cwd()}/${name}`);
  stack.defer(() => Deno.remove(`${Deno.cwd()}/${name}`));
  assertEquals(await remove(repo, name), undefined);
  assertEquals(await isThere(`${Deno.cwd()}/${name}`), true);
});

Deno.test("removeWorktree() keeps the main work tree when baseRepo is a linked one", async () => {
  await using repo = await testRepository();
  const linked = await addTree(repo, `${repo.directory}/linked`);
  for (const path of [repo.path, `${repo.path}/`, "../repo", `${repo.path}/.git`, `${repo.path}/.git/objects`]) {
    assertMatch(await remove(repo, path, { baseRepo: linked }) ?? "", /repository/, path);
  }
  assertMatch(await remove(repo, linked, { baseRepo: linked }) ?? "", /must not be or contain the repository/);
  assertEquals(await repo.git("status", "--porcelain"), "");
  assertEquals(await isThere(`${linked}/file`), true);
});

Deno.test("removeWorktree() keeps a directory in the repository when it is not a work tree", async () => {
  await using repo = await testRepository();
  await repo.write("src/file", "x");
  const linked = await addTree(repo, `${repo.directory}/linked`);
  await Deno.mkdir(`${linked}/src`);
  for (const path of [`${repo.path}/src`, `${repo.path}/file`, `${linked}/src`, `${linked}/file`]) {
    for (const baseRepo of [repo.path, linked, `${repo.path}/src`]) {
      if (path === baseRepo) continue;
      assertMatch(await remove(repo, path, { baseRepo }) ?? "", /worktreePath/, `${path} of ${baseRepo}`);
      assertEquals(await isThere(path), true);
    }
  }
  for (const path of [`${repo.path}/.git`, `${repo.path}/.git/refs`, `${repo.path}/.git/worktrees/linked`]) {
    assertMatch(await remove(repo, path) ?? "", /repository/, path);
    assertEquals(await isThere(path), true);
  }
});

Deno.test("removeWorktree() keeps a directory in the repository when git fails or is missing", async () => {
  await using repo = await testRepository();
  await repo.write("src/file", "x");
  const linked = await addTree(repo, `${repo.directory}/linked`);
  await Deno.writeTextFile(`${repo.path}/.git/config`, "[broken\n");
  for (const path of [repo.path, `${repo.path}/src`, `${repo.path}/.git`]) {
    for (const baseRepo of [repo.path, linked]) {
      assertMatch(await remove(repo, path, { baseRepo }) ?? "", /repository/, `${path} of ${baseRepo}`);
    }
  }
  assertEquals(await isThere(`${repo.path}/src/file`), true);
});

Deno.test("removeWorktree() removes a linked work tree inside the main one or another linked one", async () => {
  await using repo = await testRepository();
  const outer = await addTree(repo, `${repo.path}/.claude/worktrees/outer`);
  const inner = await addTree(repo, `${outer}/.claude/worktrees/inner`);
  assertMatch(await remove(repo, outer) ?? "", /must not contain another work tree/);
  assertEquals(await remove(repo, inner), undefined);
  assertEquals([await isThere(inner), await isThere(outer)], [false, true]);
  assertEquals(await remove(repo, `${outer}/`), undefined);
  assertEquals(await isThere(outer), false);
  assertEquals((await repo.git("worktree", "list", "--porcelain")).match(/^worktree /gm)?.length, 1);
  assertEquals(await remove(repo, outer), undefined, "it is gone already");
});

Deno.test("removeWorktree() removes the directory of a linked work tree that git has pruned", async () => {
  await using repo = await testRepository();
  const tree = await addTree(repo, `${repo.path}/.claude/worktrees/x`);
  await Deno.remove(`${repo.path}/.git/worktrees/x`, { recursive: true });
  assertEquals(await remove(repo, tree), undefined);
  assertEquals(await isThere(tree), false);
});

Deno.test("removeWorktree() keeps a directory that contains work trees", async () => {
  await using repo = await testRepository();
  await addTree(repo, `${repo.directory}/trees/a`);
  assertMatch(await remove(repo, `${repo.directory}/trees`) ?? "", /must not contain another work tree/);
  assertEquals(await isThere(`${repo.directory}/trees/a/file`), true);
});

Deno.test("removeWorktree() keeps another repository", async () => {
  await using repo = await testRepository();
  await using other = await testRepository();
  await other.git("clone", "-q", "--bare", ".", `${other.directory}/bare.git`);
  await other.git("clone", "-q", "--separate-git-dir", `${other.directory}/apart`, ".", `${other.directory}/clone`);
  for (const path of [other.path, `${other.directory}/bare.git`, `${other.directory}/clone`]) {
    assertMatch(await remove(repo, path) ?? "", /must not be a repository/, path);
    assertEquals(await isThere(path), true);
  }
});

Deno.test("removeWorktree() keeps a work tree of another repository, but not the remains of one", async () => {
  await using repo = await testRepository();
  await using other = await testRepository();
  const tree = await addTree(other, `${other.directory}/tree`);
  assertMatch(await remove(repo, tree) ?? "", /must not be a work tree of another repository/);
  assertEquals(await isThere(`${tree}/file`), true);
  await Deno.remove(other.path, { recursive: true });
  assertEquals(await remove(repo, tree), undefined);
  assertEquals(await isThere(tree), false);
});

Deno.test("removeWorktree() keeps a locked work tree", async () => {
  await using repo = await testRepository();
  const tree = await addTree(repo, `${repo.directory}/tree`);
  await repo.git("worktree", "lock", "--reason", "in use", tree);
  assertMatch(
    await remove(repo, tree) ?? "",
    /^refusing to remove worktree: .*\/tree is locked \(git worktree lock\); unlock it to remove it$/,
  );
  assertEquals(await isThere(`${tree}/file`), true);
  const config = await Deno.readTextFile(`${repo.path}/.git/config`);
  await Deno.writeTextFile(`${repo.path}/.git/config`, "[broken\n");
  assertMatch(await remove(repo, tree) ?? "", /is locked \(git worktree lock\)/, "git knows of no lock");
  assertEquals(await isThere(`${tree}/file`), true);
  await Deno.writeTextFile(`${repo.path}/.git/config`, config);
  await repo.git("worktree", "unlock", tree);
  assertEquals(await remove(repo, tree), undefined);
});

Deno.test("removeWorktree() works in a bare repository that contains its work trees", async () => {
  await using repo = await testRepository();
  const bare = `${repo.directory}/bare.git`;
  await repo.git("clone", "-q", "--bare", ".", bare);
  for (const name of ["a", "b"]) await repo.git("-C", bare, "worktree", "add", "-q", "--detach", `${bare}/${name}`);
  assertMatch(await remove(repo, bare, { baseRepo: `${bare}/a` }) ?? "", /repository/);
  assertMatch(await remove(repo, `${bare}/refs`, { baseRepo: `${bare}/a` }) ?? "", /repository/);
  assertEquals(await remove(repo, `${bare}/b`, { baseRepo: `${bare}/a` }), undefined);
  assertEquals([await isThere(`${bare}/a/file`), await isThere(`${bare}/b`)], [true, false]);
});

Deno.test("removeWorktree() removes a leftover directory when the repository no longer exists", async () => {
  await using repo = await testRepository();
  const tree = await addTree(repo, `${repo.directory}/tree`);
  await Deno.remove(repo.path, { recursive: true });
  assertEquals(await remove(repo, tree), undefined);
  assertEquals(await isThere(tree), false);
});

Deno.test("removeWorktree() does not block when a FIFO replaces a file of git", async () => {
  await using repo = await testRepository();
  const tree = await addTree(repo, `${repo.directory}/tree`);
  await Deno.mkdir(`${repo.directory}/stray`);
  await Deno.mkdir(`${repo.path}/.git/worktrees/other`);
  for (const path of [`${repo.directory}/stray/.git`, `${repo.path}/.git/worktrees/other/gitdir`]) {
    assertEquals((await new Deno.Command("mkfifo", { args: [path] }).output()).success, true);
  }
  const refused = await soon("a refusal", remove(repo, `${tree}/..`));
  assertMatch(refused ?? "", /must not be or contain the repository/);
  await Deno.remove(`${repo.path}/.git/worktrees/other`, { recursive: true });
  assertEquals(await soon("the removal", remove(repo, `${repo.directory}/stray`)), undefined);
  assertEquals([await isThere(`${repo.directory}/stray`), await isThere(tree)], [false, true]);
});

Deno.test("removeWorktree() keeps a work tree when git is killed at the time limit", async () => {
  await using repo = await testRepository();
  const tree = await addTree(repo, `${repo.directory}/tree`);
  await Deno.remove(`${repo.path}/.git/config`);
  await new Deno.Command("mkfifo", { args: [`${repo.path}/.git/config`] }).output();
  const failed = await removeWorktree({ baseRepo: repo.path, worktreePath: tree, branchName: "" }, undefined, {
    timeoutMs: 200,
  });
  assertMatch(failed ?? "", /^git worktree remove timed out after 200ms; no cleanup was attempted/);
  assertEquals(await isThere(`${tree}/file`), true);
});

Deno.test({
  name: "removeWorktree() keeps a repository and a home directory that are mounted under another name",
  ignore: !await canMount(),
  async fn() {
    await using repo = await testRepository();
    const alias = `${repo.directory}/alias`;
    await Deno.mkdir(`${repo.path}/src`);
    await Deno.mkdir(alias);
    // The paths do not show that both are the same directory.
    await using _mounted = await mountAgain(repo.path, alias);
    assertMatch(await remove(repo, alias) ?? "", /must not be or contain the repository/);
    assertMatch(await remove(repo, `${alias}/src`) ?? "", /must not lie in the repository/);
    assertMatch(await remove(repo, alias, { baseRepo: "/nonexistent", home: repo.path }) ?? "", /home directory/);
    assertEquals(await isThere(`${repo.path}/src`), true);
  },
});

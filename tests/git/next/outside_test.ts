import { assertEquals, assertMatch } from "@std/assert";
import { isPrivateGroup, modeText, otherWriters } from "../../../lib/git/next/group.ts";
import { isThere } from "../../../lib/system/private_files.ts";
import { type TestRepository, testRepository } from "../../helpers/repository.ts";
import { branchesOf, create, failure, remove } from "./sessions.ts";

const PRIVATE = { gid: 1000, passwd: "root:x:0:0::/:\nme:x:1000:1000::/home/me:/bin/sh\n", group: "me:x:1000:\n" };

Deno.test("otherWriters() names the group unless it is private, and everybody", () => {
  const shared = { ...PRIVATE, group: "me:x:1000:you\n" };
  assertEquals(otherWriters({ mode: 0o775, gid: 1000 }, PRIVATE), undefined);
  assertEquals(otherWriters({ mode: 0o775, gid: 1000 }, shared), "its group");
  assertEquals(otherWriters({ mode: 0o702, gid: 1000 }, PRIVATE), "every user on this host");
  assertEquals(otherWriters({ mode: 0o777, gid: 7 }, PRIVATE), "its group and every user on this host");
  assertEquals([modeText(0o40775), modeText(0o41777)], ["0775", "1777"]);
});

Deno.test("isPrivateGroup() needs one user, a group of the same name and no other member", () => {
  assertEquals(isPrivateGroup(1000, { ...PRIVATE, group: "me:x:1000:me\n" }), true);
  assertEquals(isPrivateGroup(1000, { ...PRIVATE, gid: 7 }), false);
  assertEquals(isPrivateGroup(1000, { ...PRIVATE, passwd: `${PRIVATE.passwd}you:x:1001:1000::/:\n` }), false);
  assertEquals(isPrivateGroup(1000, { ...PRIVATE, group: "staff:x:1000:\n" }), false);
});

/** The paths of a work tree outside of the repository. */
function outside(repo: TestRepository, root = `${repo.directory}/trees`, name = "a") {
  return { worktreeRoot: root, worktreePath: `${root}/repo/${name}` };
}

Deno.test("a work tree outside of the repository is created in a marked directory of the user, and removed", async () => {
  await using repo = await testRepository();
  const paths = outside(repo);
  assertEquals((await create(repo, "a", paths)).kind, "created");
  assertEquals(await isThere(`${repo.directory}/trees/repo/.claude-managed-worktrees`), true);
  for (const path of ["trees", "trees/repo"]) {
    assertEquals((await Deno.stat(`${repo.directory}/${path}`)).mode! & 0o777, 0o700, path);
  }
  const inner = { baseRepo: paths.worktreePath, worktreePath: `${paths.worktreePath}/.claude/worktrees/b` };
  assertEquals(failure(await create(repo, "b", inner))[0], "nested_base_repo");
  assertEquals(await remove(repo, "a", { ...paths, branchName: "a" }), { isBranchKept: false });
  assertEquals([await isThere(paths.worktreePath), await branchesOf(repo)], [false, ["trunk"]]);
  assertEquals((await create(repo, "c", outside(repo, paths.worktreeRoot, "c"))).kind, "created");
});

/** What is done before, with which paths, and how the refusal goes on. */
const REFUSED: Readonly<
  Record<
    string,
    { make?: (repo: TestRepository) => Promise<unknown>; root?: (repo: TestRepository) => string; says: RegExp }
  >
> = {
  "R2": { root: (repo) => `${repo.path}/trees`, says: /trees is the repository .*\/repo or inside it; / },
  "R3": {
    make: (repo) => Deno.symlink(`${repo.path}`, `${repo.directory}/link`),
    root: (repo) => `${repo.directory}/link/trees`,
    says: /link\/trees leads into the repository .*\/repo \(at .*\/repo\); /,
  },
  "R4": {
    make: (repo) => repo.git("worktree", "add", "-q", "-b", "other", `${repo.directory}/other`),
    root: (repo) => `${repo.directory}/other/trees`,
    says: /trees leads into .*\/other, a worktree of the repository .*\/repo \(at .*\/other\); /,
  },
  "R5": {
    async make(repo) {
      await Deno.mkdir(`${repo.directory}/open`);
      await Deno.chmod(`${repo.directory}/open`, 0o757);
    },
    root: (repo) => `${repo.directory}/open/trees`,
    says:
      /passes through .*\/open, which is writable by every user on this host without the sticky bit \(mode 0757\), /,
  },
  "R7": {
    make: (repo) => repo.git("init", "-q", `${repo.directory}/other`),
    root: (repo) => `${repo.directory}/other/trees`,
    says: /trees is inside a git checkout \(.*\/other has a \.git entry\); /,
  },
  "R9": {
    async make(repo) {
      await Deno.mkdir(`${repo.directory}/trees`);
      await Deno.chmod(`${repo.directory}/trees`, 0o703);
    },
    says: /trees is writable by every user on this host \(mode 0703\); /,
  },
  "R10": {
    async make(repo) {
      await Deno.mkdir(`${repo.directory}/trees`, { mode: 0o700 });
      await Deno.symlink(repo.path, `${repo.directory}/trees/repo`);
    },
    says: /trees\/repo is a symbolic link; the directory under/,
  },
  "R11": {
    make: (repo) => repo.git("init", "-q", `${repo.directory}/trees/repo`),
    says: /trees\/repo is itself a git checkout/,
  },
  "R12": {
    async make(repo) {
      await Deno.mkdir(`${repo.directory}/trees/repo`, { recursive: true, mode: 0o700 });
      await Deno.writeTextFile(`${repo.directory}/trees/repo/mine`, "x");
    },
    says: /trees\/repo already exists, is not marked .* \(for example "mine"\); /,
  },
  "P5": {
    async make(repo) {
      await Deno.mkdir(`${repo.directory}/trees/repo/a`, { recursive: true, mode: 0o700 });
      await Deno.writeTextFile(`${repo.directory}/trees/repo/.claude-managed-worktrees`, "");
    },
    says: /trees\/repo\/a already exists, and a new worktree/,
  },
};

for (const [id, { make, root, says }] of Object.entries(REFUSED)) {
  Deno.test(`a location outside of the repository is refused: ${id}`, async () => {
    await using repo = await testRepository();
    await make?.(repo);
    const [code, error] = failure(await create(repo, "a", outside(repo, root?.(repo))));
    assertEquals(code, id === "R10" ? "symlinked_component" : "unsafe_path");
    assertMatch(error, new RegExp(`^refusing to create worktree: .*${says.source}`));
    assertEquals(await branchesOf(repo).then((names) => names.includes("a")), false);
  });
}

Deno.test("a location outside of the repository is refused if it is another user's, or reached through another's", async () => {
  if (Deno.uid() !== 0) return; // only root can make such directories
  await using repo = await testRepository();
  await Deno.mkdir(`${repo.directory}/theirs/trees`, { recursive: true, mode: 0o755 });
  await Deno.chown(`${repo.directory}/theirs`, 12345, 12345);
  const [, through] = failure(await create(repo, "a", outside(repo, `${repo.directory}/theirs/trees`)));
  assertMatch(through, /passes through .*\/theirs, which is owned by uid 12345, neither you nor the system; /);
  const [, owned] = failure(await create(repo, "a", outside(repo, `${repo.directory}/theirs`)));
  assertMatch(owned, /theirs is owned by uid 12345, not by you \(uid 0\); /);
});

Deno.test("removeSessionWorktree() outside of the repository removes only its own work trees and empty directories", async () => {
  await using repo = await testRepository();
  await using other = await testRepository();
  const root = `${repo.directory}/trees`;
  assertMatch(
    (await remove(repo, "", outside(repo))).error ?? "",
    /trees is not reachable \(.*\/trees does not exist\)/,
  );
  const paths = (name: string) => outside(repo, root, name);
  for (const name of ["own", "moved"]) assertEquals((await create(repo, name, paths(name))).kind, "created");
  const at = (name: string) => paths(name).worktreePath;
  for (const name of ["plain", "empty", "clone", "broken", "foreign"]) await Deno.mkdir(at(name));
  await Deno.writeTextFile(`${at("plain")}/file`, "x");
  await Deno.mkdir(`${at("clone")}/.git`);
  await Deno.writeTextFile(`${at("broken")}/.git`, "x");
  await Deno.writeTextFile(`${at("foreign")}/.git`, `gitdir: ${other.path}/.git\n`);
  await Deno.rename(at("moved"), at("there"));
  const why: Readonly<Record<string, RegExp>> = {
    plain: /plain is not a worktree of .*\/repo \(.*\/plain has no \.git file\), so it is left in place; /,
    clone: /\(.*\/clone\/\.git is not a regular file\)/,
    broken: /\(.*\/broken\/\.git does not name a git dir\)/,
    foreign: /\(.*\/foreign carries a \.git file that does not name this repository's own/,
    there: /\(.*\/there carries a \.git file naming an admin directory whose own record is of a different/,
  };
  for (const [name, says] of Object.entries(why)) {
    assertMatch((await remove(repo, "", paths(name))).error ?? "", says);
    assertEquals(await isThere(at(name)), true);
  }
  for (const name of ["own", "empty", "moved"]) {
    assertEquals(await remove(repo, "", paths(name)), { isBranchKept: false }, name);
    assertEquals(await isThere(at(name)), false);
  }
});

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ProjectError } from "../../lib/projects/project_error.ts";
import { git, type ProjectWorld, projectWorld, writeFiles } from "../helpers/projects.ts";

/** A project with a work tree on the branch `work`. */
async function withWorktree(): Promise<ProjectWorld & { readonly path: string; readonly tree: string }> {
  const world = await projectWorld({ hasDaemon: true });
  const path = await world.repository("repo");
  const tree = `${path}/.claude/worktrees/tree`;
  await git(path, "worktree", "add", "--quiet", "-b", "work", tree);
  return { ...world, path: path, tree };
}

async function refusal(world: ProjectWorld, worktree: string, confirm?: string): Promise<ProjectError> {
  return await assertRejects(() => world.projects.removeWorktree("repo", worktree, confirm), ProjectError);
}

Deno.test("get() lists the work trees of the project, also those that belong to no session", async () => {
  await using world = await withWorktree();
  await git(world.path, "worktree", "add", "--quiet", "--detach", `${world.directory}/elsewhere`);
  await writeFiles(world.tree, { new: "" });
  const { worktrees, changes } = await world.projects.get("repo");
  assertEquals(worktrees, [{ path: world.tree, branch: "work", changes: 1, unpushed: 0 }]);
  assertEquals(changes, 0);
});

Deno.test("get() leaves out a work tree that is removed while it looks", async () => {
  await using world = await withWorktree();
  for (let i = 0; i < 5; i++) {
    let isRemoved = false;
    const removal = world.projects.removeWorktree("repo", "tree").finally(() => isRemoved = true);
    while (!isRemoved) await world.projects.get("repo");
    await removal;
    assertEquals((await world.projects.get("repo")).worktrees, []);
    await git(world.path, "worktree", "add", "--quiet", "-b", "work", world.tree);
  }
});

Deno.test("get() and removeWorktree() say that git cannot look into a work tree", async () => {
  await using world = await withWorktree();
  await Deno.writeTextFile(`${world.path}/.git/worktrees/tree/HEAD`, "ref: refs/heads/none\n");
  assertEquals((await world.projects.get("repo")).worktrees, [
    { path: world.tree, branch: "none", changes: 1, unpushed: null },
  ]);
  const { kind, message } = await refusal(world, "tree");
  assertEquals(kind, "refused");
  assertStringIncludes(message, "git cannot say what is in the work tree");
  await world.projects.removeWorktree("repo", "tree", "tree");
  assertEquals((await world.projects.get("repo")).worktrees, []);
});

Deno.test("removeWorktree() removes a work tree without work, and its branch", async () => {
  await using world = await withWorktree();
  await world.projects.removeWorktree("repo", "tree");
  assertEquals((await world.projects.get("repo")).worktrees, []);
  assertEquals(await git(world.path, "branch", "--format=%(refname:short)"), "trunk");
});

Deno.test("removeWorktree() keeps uncommitted work unless the name is confirmed", async () => {
  await using world = await withWorktree();
  await writeFiles(world.tree, { new: "" });
  for (const confirm of [undefined, "", "repo", "work", "TREE", world.tree]) {
    const { kind, message } = await refusal(world, "tree", confirm);
    assertEquals(kind, "refused");
    assertStringIncludes(message, 'has 1 uncommitted file: to lose that, repeat its name: confirm "tree"');
  }
  await world.projects.removeWorktree("repo", world.tree, "tree");
  assertEquals((await world.projects.get("repo")).worktrees, []);
});

Deno.test("removeWorktree() keeps commits that nothing else has unless the name is confirmed", async () => {
  await using world = await withWorktree();
  await writeFiles(world.tree, { new: "" });
  await git(world.tree, "add", ".");
  await git(world.tree, "commit", "--quiet", "--message=work");
  assertStringIncludes((await refusal(world, "tree")).message, "1 commit that nothing else has");
  await git(world.path, "branch", "other", "work");
  await world.projects.removeWorktree("repo", "tree");
  assertEquals(await git(world.path, "branch", "--format=%(refname:short)"), "other\ntrunk");
});

Deno.test("removeWorktree() counts what a remote has as pushed", async () => {
  await using world = await withWorktree();
  const remote = `${world.directory}/remote.git`;
  await git(world.directory, "init", "--quiet", "--bare", remote);
  await git(world.path, "remote", "add", "origin", remote);
  await git(world.tree, "commit", "--quiet", "--allow-empty", "--message=work");
  assertStringIncludes((await refusal(world, "tree")).message, "1 commit");
  await git(world.tree, "push", "--quiet", "origin", "work");
  await world.projects.removeWorktree("repo", "tree");
});

Deno.test("removeWorktree() removes nothing but work trees of the project", async () => {
  await using world = await withWorktree();
  const elsewhere = `${world.directory}/elsewhere`;
  await git(world.path, "worktree", "add", "--quiet", "--detach", elsewhere);
  await writeFiles(world.path, { ".claude/worktrees/plain/file": "" });
  await Deno.symlink(elsewhere, `${world.path}/.claude/worktrees/link`);
  const names = ["", ".", "..", "../..", world.path, elsewhere, "plain", "link", "tree/", "tree/.", "/", "none"];
  for (const name of names) assertEquals((await refusal(world, name)).kind, "unknown", name);
  for (const path of [world.path, elsewhere, world.tree]) assertEquals((await Deno.stat(path)).isDirectory, true);
});

Deno.test("removeWorktree() keeps a work tree that git has locked", async () => {
  await using world = await withWorktree();
  await git(world.path, "worktree", "lock", world.tree);
  assertEquals((await refusal(world, "tree")).kind, "conflict");
  assertEquals((await Deno.stat(world.tree)).isDirectory, true);
});

Deno.test("removeWorktree() keeps a work tree in which an agent works", async () => {
  const agents = () => [{ isSession: true, path: `${world.tree}/sub`, startedAt: () => 0 }];
  const base = await projectWorld({ hasDaemon: true, agents });
  const path = await base.repository("repo");
  const world = { ...base, tree: `${path}/.claude/worktrees/tree` };
  await using _base = base;
  await git(path, "worktree", "add", "--quiet", "-b", "work", world.tree);
  assertStringIncludes((await refusal(base, "tree", "tree")).message, "an agent works in");
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ProjectError } from "../../lib/projects/project_error.ts";
import { projectWorld, git, writeFiles } from "../helpers/projects.ts";
import { waitFor } from "../helpers/wait.ts";

Deno.test("list() returns the directories of the root, sorted by name without case", async () => {
  await using world = await projectWorld();
  for (const name of ["beta", "Alpha", "_x", "a.b-c"]) await world.make(name);
  await Deno.writeTextFile(`${world.root}/file`, "");
  const { root, projects, skipped } = await world.projects.list();
  assertEquals([root, projects.map(({ name }) => name), skipped], [world.root, ["_x", "a.b-c", "Alpha", "beta"], []]);
});

Deno.test("list() says what is in a project", async () => {
  await using world = await projectWorld();
  const path = await world.make("one", { "CLAUDE.md": "x", ".claude/settings.json": "{}" });
  assertEquals((await world.projects.list()).projects, [{
    name: "one",
    path,
    is_git_repo: false,
    branch: null,
    changes: null,
    has_claude_md: true,
    has_claude_dir: true,
    trust: "untrusted",
    allow_bypass_permissions: false,
    sessions: 0,
  }]);
});

Deno.test("list() has the branch and the changes of repositories a moment later", async () => {
  await using world = await projectWorld({ hasDaemon: true });
  const path = await world.repository("repo");
  await writeFiles(path, { file: "2\n", new: "", ".claude/worktrees/a/file": "" });
  assertEquals((await world.projects.list()).projects.map(({ branch }) => branch), [null]);
  const found = await waitFor("git", async () => {
    const [project] = (await world.projects.list()).projects;
    return project?.branch === null ? undefined : project;
  });
  assertEquals([found.is_git_repo, found.branch, found.changes], [true, "trunk", 2]);
});

Deno.test("get() returns the branch and the changes as they are now", async () => {
  await using world = await projectWorld({ hasDaemon: true });
  const path = await world.repository("repo");
  assertEquals((await world.projects.get("repo")).changes, 0);
  await writeFiles(path, { file: "2\n" });
  await git(path, "checkout", "--quiet", "-b", "other");
  const { branch, changes, worktrees } = await world.projects.get("repo");
  assertEquals([branch, changes, worktrees], ["other", 1, []]);
});

import { assertEquals, assertRejects } from "@std/assert";
import { trust } from "../../lib/claude_home/trust.ts";
import { ProjectError } from "../../lib/projects/project_error.ts";
import { git, projectWorld, writeFiles } from "../helpers/projects.ts";
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

Deno.test("create() makes a repository where that is wanted", async () => {
  await using world = await projectWorld({ hasDaemon: true });
  const { path, is_git_repo, changes } = await world.projects.create({ name: "new", git_init: true });
  assertEquals([path, is_git_repo, changes], [`${world.root}/new`, true, 0]);
});

Deno.test("a broken .git does not make a project part of a repository above", async () => {
  await using world = await projectWorld({ hasDaemon: true });
  await git(world.root, "init", "--quiet");
  await world.make("one", { ".git/HEAD": "nonsense" });
  const { is_git_repo, branch, changes } = await world.projects.get("one");
  assertEquals([is_git_repo, branch, changes], [true, null, null]);
});

Deno.test("trust() is seen at once, and in the work of the agent CLI", async () => {
  await using world = await projectWorld();
  const path = await world.make("one");
  assertEquals((await world.projects.trust("one")).trust, "trusted");
  assertEquals((await world.projects.list()).projects[0]?.trust, "trusted");
  const { projects } = JSON.parse(await Deno.readTextFile(`${world.home}/.claude.json`));
  assertEquals(projects, { [path]: { hasTrustDialogAccepted: true } });
});

Deno.test("a repository is not trusted because the root is, another directory is", async () => {
  await using world = await projectWorld();
  await world.make("plain");
  await world.make("repo", { ".git/HEAD": "" });
  await trust(world.home, world.root);
  assertEquals((await world.projects.list()).projects.map(({ trust }) => trust), ["trusted", "untrusted"]);
});

Deno.test("a record of trust that does not parse makes nothing trusted, and trust() says so", async () => {
  await using world = await projectWorld();
  await world.make("one");
  await Deno.writeTextFile(`${world.home}/.claude.json`, "{");
  assertEquals((await world.projects.list()).projects[0]?.trust, "untrusted");
  await assertRejects(() => world.projects.trust("one"), ProjectError, "not valid JSON");
});

Deno.test("list() counts the sessions that run in a project and below it", async () => {
  const paths: string[] = [];
  const agents = () => paths.map((path) => ({ isSession: !path.endsWith("other"), path, startedAt: () => 0 }));
  await using world = await projectWorld({ agents });
  const one = await world.make("one");
  await world.make("one-more");
  paths.push(one, `${one}/.claude/worktrees/a`, `${one}/other`, world.root);
  assertEquals((await world.projects.list()).projects.map(({ sessions }) => sessions), [2, 0]);
});

Deno.test("list() returns what others know of a project", async () => {
  const usage = { tokens: { input: 1, output: 2, cache_read: 3, cache_creation: 4 }, cost_usd: 5 };
  await using world = await projectWorld({ remoteOf: (name) => [`r-${name}`], usageOf: () => usage });
  await world.make("one");
  const [project] = (await world.projects.list()).projects;
  assertEquals([project?.remote, project?.usage], [["r-one"], usage]);
});

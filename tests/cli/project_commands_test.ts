import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeRepository, writeFiles } from "../helpers/projects.ts";
import { type SessionHome, sessionHome } from "../helpers/session_home.ts";

/** A home directory with a directory of projects. */
async function projectHome(): Promise<SessionHome & { readonly root: string }> {
  const root = await Deno.realPath(await Deno.makeTempDir({ dir: "/tmp", prefix: "cl-" }));
  const home = await sessionHome(`projects.root = ${JSON.stringify(root)}\n`);
  return {
    ...home,
    root,
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]();
      await Deno.remove(root, { recursive: true });
    },
  };
}

async function project(home: SessionHome, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.run(["project", ...args]);
  assertEquals([code, stderr], [0, ""], args.join(" "));
  return stdout;
}

Deno.test("project create, list, trust and show work together", async () => {
  await using home = await projectHome();
  assertEquals(await project(home, "create", "web", "--git"), `created ${home.root}/web\n`);
  const [heading, row] = (await project(home, "list")).split("\n");
  assertMatch(heading!, /^NAME +BRANCH +CHANGES +SESSIONS +TRUST +PATH$/);
  assertMatch(row!, /^web +\S+ +0 +0 +untrusted +\/tmp\/\S+\/web$/);
  assertEquals(await project(home, "trust", "web"), `trusted ${home.root}/web\n`);
  assertMatch(await project(home, "show", "web"), /^trust +trusted$/m);
  assertEquals(await project(home, "list", "--quiet"), "web\n");
  assertEquals(JSON.parse(await project(home, "show", "web", "--json")).trust, "trusted");
});

Deno.test("project list tells of directories that are no projects on stderr", async () => {
  await using home = await projectHome();
  await Deno.mkdir(`${home.root}/not this\x1b[31m`);
  const { code, stderr } = await home.run(["project", "list"]);
  assertEquals(code, 0);
  assertEquals(
    stderr,
    "claustrum: skipped not this\\u{1b}[31m: the name has other characters than A-Z a-z 0-9 . _ -\n",
  );
});

Deno.test("project create fails with the reason when there is such a project", async () => {
  await using home = await projectHome();
  await project(home, "create", "web");
  const { code, stderr } = await home.run(["project", "create", "web"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, `${home.root}/web exists already`);
});

Deno.test("session start --worktree works on a branch of its own, which stays until somebody removes it", async () => {
  await using home = await projectHome();
  const repository = await makeRepository(`${home.root}/web`, { "a.txt": "one\n" });
  const started = await home.json("start", repository, "--name", "s", "--worktree", "fix/login", "--trust");
  assertEquals(started.worktree, { path: `${repository}/.claude/worktrees/fix-login`, branch: "fix/login" });
  assertEquals(started.path, started.worktree.path);
  assertEquals(await home.session("changes", "s"), "Nothing has changed.\n");

  await writeFiles(started.path, { "a.txt": "two\n", "new.txt": "new\n" });
  const changes = await home.session("changes", "s");
  assertMatch(changes, /^modified +1 +1 +a\.txt$/m);
  assertMatch(changes, /^untracked +1 +0 +new\.txt$/m);
  assertStringIncludes(changes, "-one\n+two\n");
  assertMatch(await project(home, "show", "web"), /^\S+\/fix-login +fix\/login +2 +0 +s$/m);

  await home.session("stop", "s");
  const kept = await home.run(["session", "remove", "s", "--worktree"]);
  assertEquals(kept.code, 1);
  assertStringIncludes(kept.stderr, `2 uncommitted files: to lose that, repeat its name: confirm "fix-login"`);
  assertEquals((await home.json("show", "s")).status, "stopped");
  const { stdout: removed } = await home.run(["session", "remove", "s"]);
  assertEquals(removed, `removed; its work tree stays: ${started.path}\n`);
  const refused = await home.run(["project", "remove-worktree", "web", "fix-login"]);
  assertEquals([refused.code, refused.stdout], [1, ""]);
  assertStringIncludes(refused.stderr, `confirm "fix-login"`);
  assertEquals(
    await project(home, "remove-worktree", "web", "fix-login", "--confirm", "fix-login"),
    "removed fix-login\n",
  );
  assertEquals(JSON.parse(await project(home, "show", "web", "--json")).worktrees, []);
  assertEquals(await home.json("list", "--all"), []);
});

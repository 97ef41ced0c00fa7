import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { isTrusted } from "../../lib/claude_home/trust.ts";
import { SessionError } from "../../lib/sessions/session_error.ts";
import { git, makeRepository, writeFiles } from "../helpers/projects.ts";
import { ask, sessionWorld } from "../helpers/sessions.ts";

Deno.test("a session with a work tree works on a new branch, in a directory that is trusted as the repository is", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  await makeRepository(world.work, { "sub/file": "1\n" });
  const head = await git(world.work, "rev-parse", "HEAD");
  const session = await sessions.start({ path: world.work, worktree: "feature/x" });
  const path = `${world.work}/.claude/worktrees/feature-x`;
  assertEquals([session.path, session.worktree], [path, { path, branch: "feature/x" }]);
  assertEquals(await git(path, "symbolic-ref", "--short", "HEAD"), "feature/x");
  assertEquals(await isTrusted(world.home, path), true);
  assertEquals(sessions.origin(session.id), {
    path,
    base: head,
    worktree: { path, branch: "feature/x", repository: world.work },
  });
  await ask(sessions, session.id, "hello");
  // What belongs to work trees is not new in the repository.
  assertEquals(await git(world.work, "status", "--porcelain"), "");
});

Deno.test("the work tree of a session outlives the hub, and a resumed session keeps its start", async () => {
  await using world = await sessionWorld();
  await makeRepository(world.work, { file: "1\n" });
  let id: string;
  {
    await using sessions = await world.open();
    id = (await sessions.start({ path: world.work, worktree: "b" })).id;
    await sessions.stop(id);
  }
  await using sessions = await world.open();
  const before = sessions.origin(id);
  await writeFiles(before.path, { file: "2\n" });
  await git(before.path, "commit", "--quiet", "--all", "--message=second");
  const { worktree } = await sessions.resume(id);
  assertEquals(worktree?.branch, "b");
  assertEquals(sessions.origin(id), before);
});

Deno.test("a session that starts in a subdirectory starts in the same one of its work tree", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  await makeRepository(world.work, { "sub/dir/file": "1\n" });
  const { path, worktree } = await sessions.start({ path: `${world.work}/sub/dir`, worktree: "b" });
  assertEquals(path, `${worktree?.path}/sub/dir`);
});

Deno.test("a work tree of a work tree belongs to the repository, and starts from where it was asked for", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  await makeRepository(world.work, { file: "1\n" });
  const first = await sessions.start({ path: world.work, worktree: "one" });
  await writeFiles(first.path, { file: "2\n" });
  await git(first.path, "commit", "--quiet", "--all", "--message=second");
  const second = await sessions.start({ path: first.path, worktree: "two" });
  assertEquals(second.path, `${world.work}/.claude/worktrees/two`);
  assertEquals(await Deno.readTextFile(`${second.path}/file`), "2\n");
});

Deno.test("two branches whose directories would have one name get two", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  await makeRepository(world.work, {});
  const first = await sessions.start({ path: world.work, worktree: "a/b" });
  const second = await sessions.start({ path: world.work, worktree: "a-b" });
  assertEquals([first.path, second.path].map((path) => path.split("/").at(-1)), ["a-b", "a-b-2"]);
});

Deno.test("branches that git does not accept make no work tree and no session", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  await makeRepository(world.work, { file: "1\n" });
  await git(world.work, "branch", "taken");
  for (
    const branch of ["taken", "-x", "--orphan", "..", "../../x", "a..b", "a b", "a\nb", "a~1", "/", "x.lock", "@{-1}"]
  ) {
    const error = await assertRejects(
      () => sessions.start({ path: world.work, worktree: branch }),
      SessionError,
      undefined,
      branch,
    );
    assertEquals(error.kind, "conflict", branch);
  }
  const directory = [...Deno.readDirSync(`${world.work}/.claude/worktrees`)].map(({ name }) => name);
  assertEquals([directory, sessions.list()], [[".gitignore"], []]);
  assertEquals(await git(world.work, "branch", "--format=%(refname:short)"), "taken\ntrunk");
});

Deno.test("a work tree needs a repository, and trust", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const none = await assertRejects(() => sessions.start({ path: world.work, worktree: "b" }), SessionError);
  assertStringIncludes(none.message, "is in no git repository");
  const other = await makeRepository(`${world.home}/other`, { file: "1\n" });
  const untrusted = await assertRejects(() => sessions.start({ path: other, worktree: "b" }), SessionError);
  assertEquals(untrusted.kind, "refused");
  assertEquals(await git(other, "branch", "--format=%(refname:short)"), "trunk");
});

Deno.test("no work tree is made where a symlink leads out of the repository", async () => {
  for (const link of [".claude", ".claude/worktrees"]) {
    await using world = await sessionWorld();
    await using sessions = await world.open();
    await makeRepository(world.work, { file: "1\n" });
    const outside = `${world.home}/outside`;
    await Deno.mkdir(outside);
    if (link.includes("/")) await Deno.mkdir(`${world.work}/.claude`);
    await Deno.symlink(outside, `${world.work}/${link}`);
    const error = await assertRejects(() => sessions.start({ path: world.work, worktree: "b" }), SessionError);
    assertEquals([error.kind, [...Deno.readDirSync(outside)]], ["refused", []], link);
  }
});

Deno.test("a session without a repository has no commit to start from", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  assertEquals(sessions.origin(id), { path: world.work, base: null });
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { isThere } from "../../lib/system/private_files.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { testRepository } from "../helpers/repository.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

Deno.test("git.worktree_create copies the settings and the listed ignored files", async () => {
  await using repo = await testRepository();
  await using daemon = await startDaemon();
  await repo.write(".gitignore", ".env*\nsecret/\n.claude/\n");
  await repo.write(".worktreeinclude", ".env\nsecret/\n");
  await repo.write(".env", "KEY=1\n");
  await repo.write(".env.other", "KEY=2\n");
  await repo.write("secret/deep/key", "k");
  await repo.write(".claude/settings.json", "{}");
  await repo.write(".claude/agents/a.md", "a");
  await repo.write("secret/quot\u00e9", "skipped");
  await Deno.symlink("/etc/passwd", `${repo.path}/.claude/link`);
  await Deno.symlink("/etc/passwd", `${repo.path}/secret/link`);
  await Deno.chmod(`${repo.path}/.env`, 0o600);
  using client = await daemon.connect();
  const path = `${repo.directory}/tree`;
  const { result } = await client.call("git.worktree_create", {
    baseRepo: repo.path,
    branchName: "b",
    worktreePath: path,
  });
  assertEquals(result, { success: true, path, sourceBranch: "trunk" });
  for (const name of [".env", "secret/deep/key", ".claude/settings.json", ".claude/agents/a.md"]) {
    assertEquals(await Deno.readTextFile(`${path}/${name}`), await Deno.readTextFile(`${repo.path}/${name}`), name);
  }
  for (const name of [".env.other", ".claude/link", "secret/link", "secret/quot\u00e9"]) {
    assertEquals(await isThere(`${path}/${name}`), false, name);
  }
  assertEquals((await Deno.stat(`${path}/.env`)).mode! & 0o777, 0o666 & ~Deno.umask());
});

Deno.test("git.worktree_create does not write through a symlink of the commit", async () => {
  await using repo = await testRepository();
  await using daemon = await startDaemon();
  await Deno.mkdir(`${repo.directory}/outside`);
  await Deno.symlink(`${repo.directory}/outside`, `${repo.path}/.claude`);
  await repo.git("add", ".");
  await repo.git("commit", "-q", "-m", "link");
  await Deno.remove(`${repo.path}/.claude`);
  await repo.write(".claude/settings.json", "{}");
  using client = await daemon.connect();
  const path = `${repo.directory}/tree`;
  await client.call("git.worktree_create", { baseRepo: repo.path, branchName: "b", worktreePath: path });
  assertEquals([...Deno.readDirSync(`${repo.directory}/outside`)], []);
});

Deno.test("git.* methods never pass arguments as options", async () => {
  await using repo = await testRepository();
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  const create = async (branchName: string, worktreePath: string, sourceBranch = "") =>
    (await client.call("git.worktree_create", { baseRepo: repo.path, branchName, worktreePath, sourceBranch })).result!;
  assertMatch(String((await create("--detach", `${repo.directory}/a`)).error), /not a valid branch name/);
  assertEquals((await create("b", "--lock")).success, true);
  assert(await isThere(`${repo.path}/--lock/file`));
  assertEquals((await create("c", `${repo.directory}/c`, "--force")).sourceBranch, "trunk");
  const removed = await client.call("git.worktree_remove", {
    baseRepo: repo.path,
    worktreePath: "--lock",
    branchName: "--all",
  });
  assertEquals(removed.result, { success: true });
  assertEquals(await isThere(`${repo.path}/--lock`), false);
  assertEquals(await repo.git("branch", "--format=%(refname:short)"), "b\nc\ntrunk\n");
  for (const method of ["git.info", "git.status", "git.list_branches"]) {
    assertEquals((await client.call(method, { path: "--version" })).result!.isRepo, false, method);
  }
});

Deno.test("git.worktree_remove removes a directory when git does not know it as a work tree", async () => {
  await using repo = await testRepository();
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await Deno.mkdir(`${repo.directory}/stray/deep`, { recursive: true });
  const remove = async (worktreePath: string) =>
    (await client.call("git.worktree_remove", { baseRepo: repo.path, worktreePath })).result;
  assertEquals(await remove(`${repo.directory}/stray`), { success: true });
  assertEquals(await isThere(`${repo.directory}/stray`), false);
});

Deno.test("git.worktree_remove keeps the home directory and the repository by any name and follows no symlink", async () => {
  await using repo = await testRepository();
  await using daemon = await startDaemon({ env: { HOME: repo.directory } });
  using client = await daemon.connect();
  await Deno.symlink(repo.directory, `${daemon.directory}/alias`);
  await Deno.mkdir(`${daemon.directory}/real`);
  await Deno.writeTextFile(`${daemon.directory}/real/precious`, "x");
  await Deno.symlink(`${daemon.directory}/real`, `${daemon.directory}/link`);
  const remove = async (worktreePath: string) =>
    String((await client.call("git.worktree_remove", { baseRepo: repo.path, worktreePath })).result!.error);
  for (const path of ["~", "~/", "/", "/tmp", repo.directory, `${repo.path}/../`, `${daemon.directory}/alias/../../`]) {
    assertMatch(await remove(path), /must not be or contain the home directory/, path);
  }
  for (const path of [repo.path, `${daemon.directory}/alias/repo`, `${repo.path}/x/..`]) {
    assertMatch(await remove(path), /must not be or contain the repository/, path);
  }
  assertMatch(await remove(`${daemon.directory}/link`), /link is a symbolic link, not a worktree directory$/);
  assert(await isThere(`${daemon.directory}/link`));
  assert(await isThere(`${daemon.directory}/real/precious`));
});

Deno.test("files.extract_tar keeps the home directory by any name", async () => {
  await using daemon = await startDaemon();
  using client = await daemon.connect();
  await Deno.symlink("/tmp", `${daemon.directory}/tmp`);
  const name = daemon.directory.split("/").at(-1);
  for (const destDir of [daemon.directory, `${daemon.directory}/x/..`, `${daemon.directory}/tmp/${name}`, "/tmp/./"]) {
    const { result } = await client.call("files.extract_tar", { archivePath: "/nope", destDir });
    assertMatch(String(result!.error), /must not be or contain the home directory/, destDir);
  }
});

Deno.test("git.* methods kill the whole group when git takes too long", async () => {
  await using repo = await testRepository();
  await Deno.writeTextFile(
    `${repo.directory}/git`,
    `#!/bin/sh\ncase "$*" in *rev-parse*|*config*) echo true; exit 0;; esac\nsleep 1000 & echo $! >> ${repo.directory}/pids; wait\n`,
  );
  await Deno.chmod(`${repo.directory}/git`, 0o755);
  await using daemon = await startDaemon({
    env: { PATH: `${repo.directory}:/usr/bin:/bin` },
    flags: ["--git-timeout", "300ms"],
  });
  using client = await daemon.connect();
  const at = { path: repo.path };
  assertEquals((await client.call("git.status", at)).error, { code: -32603, message: "signal: killed" });
  assertEquals((await client.call("git.list_branches", at)).error, { code: -32603, message: "signal: killed" });
  const create = { baseRepo: repo.path, branchName: "b", worktreePath: `${repo.directory}/w` };
  assertEquals((await client.call("git.worktree_create", create)).result, {
    success: false,
    error: "git worktree add failed: signal: killed",
    errorCode: "worktree_add_failed",
  });
  assertEquals((await client.call("git.worktree_remove", create)).result, {
    success: false,
    error:
      "git worktree remove timed out after 300ms; no cleanup was attempted, and git may have partially removed the worktree",
  });
  const pids = (await Deno.readTextFile(`${repo.directory}/pids`)).trim().split("\n").map(Number);
  for (const pid of pids) await waitFor("its end", () => !isAlive(pid));
});

Deno.test("git.info, git.status and git.list_branches report no repository when git is missing", async () => {
  await using repo = await testRepository();
  await using daemon = await startDaemon({ env: { PATH: "/nonexistent" } });
  using client = await daemon.connect();
  const at = { path: repo.path };
  assertEquals((await client.call("git.info", at)).result, { isRepo: false, repoSlug: "", defaultBranch: "" });
  assertEquals((await client.call("git.status", at)).result, { isRepo: false, clean: false });
  assertEquals((await client.call("git.list_branches", at)).result, { isRepo: false, branches: [] });
});

import { assert, assertEquals } from "@std/assert";
import { createWorktree } from "../../lib/git/worktree.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { type TestRepository, testRepository } from "../helpers/repository.ts";
import { soon } from "../helpers/wait.ts";

/** Creates a work tree and returns the names of all files in its `.claude/`. */
async function create(repo: TestRepository, worktreePath: string, branchName: string): Promise<string[]> {
  const spec = { baseRepo: repo.path, branchName, worktreePath, sourceBranch: "" };
  const outcome = await soon("the work tree", createWorktree(spec, { timeoutMs: 20_000 }));
  assertEquals(outcome, { kind: "created", source: "trunk" });
  const path = worktreePath.startsWith("/") ? worktreePath : `${repo.path}/${worktreePath}`;
  return (await Array.fromAsync(filesIn(path, ".claude"))).sort();
}

async function* filesIn(root: string, name: string): AsyncGenerator<string> {
  if (!await isThere(`${root}/${name}`)) return;
  for await (const entry of Deno.readDir(`${root}/${name}`)) {
    if (entry.isDirectory) yield* filesIn(root, `${name}/${entry.name}`);
    else yield `${name}/${entry.name}`;
  }
}

Deno.test("createWorktree() does not copy a new work tree in `.claude/` into itself", async () => {
  await using repo = await testRepository();
  await repo.write(".claude/settings.json", "{}");
  await repo.write(".claude/agents/a.md", "a");
  const expected = [".claude/agents/a.md", ".claude/settings.json"];
  assertEquals(await create(repo, ".claude/worktrees/one", "one"), expected);
  // Nor is the first one copied to the second.
  assertEquals(await create(repo, `${repo.path}/.claude/worktrees/two`, "two"), expected);
  assertEquals(await create(repo, `${repo.directory}/three`, "three"), expected);
});

Deno.test("createWorktree() copies no directory in `.claude/` that has a `.git` of any type", async () => {
  await using repo = await testRepository();
  await repo.write(".claude/clone/.git/config", "");
  await repo.write(".claude/clone/file", "x");
  await repo.write(".claude/a/linked/.git", "gitdir: /nowhere\n");
  await repo.write(".claude/a/linked/deep/file", "x");
  await repo.write(".claude/a/file", "x");
  assertEquals(await create(repo, `${repo.directory}/tree`, "b"), [".claude/a/file"]);
});

Deno.test("createWorktree() does not copy files of other work trees when `.worktreeinclude` lists them", async () => {
  await using repo = await testRepository();
  await repo.write(".gitignore", ".env\ntrees/\n");
  await repo.write(".worktreeinclude", ".env\ntrees/\n");
  await repo.write(".env", "KEY=1\n");
  await repo.write("trees/plain/.env", "KEY=2\n");
  await repo.write("trees/broken/.git", "gitdir: /nowhere\n");
  await repo.write("trees/broken/deep/.env", "KEY=3\n");
  await repo.git("worktree", "add", "-q", "--detach", "trees/linked");
  await repo.write("trees/linked/.env", "KEY=4\n");
  await create(repo, "trees/new", "new");
  const tree = `${repo.path}/trees/new`;
  assertEquals(await Deno.readTextFile(`${tree}/.env`), "KEY=1\n");
  assertEquals(await Deno.readTextFile(`${tree}/trees/plain/.env`), "KEY=2\n");
  assertEquals((await Array.fromAsync(Deno.readDir(`${tree}/trees`), ({ name }) => name)).sort(), ["plain"]);
});

Deno.test("createWorktree() copies neither from nor to a FIFO", async () => {
  await using repo = await testRepository();
  await repo.write(".claude/settings.json", "{}");
  await repo.write(".claude/file", "x");
  await repo.git("add", "-f", ".claude/file");
  await repo.git("commit", "-q", "-m", "settings");
  const hook = `${repo.path}/.git/hooks/post-checkout`;
  await Deno.writeTextFile(hook, "#!/bin/sh\nrm .claude/file\nmkfifo .claude/file\n");
  await Deno.chmod(hook, 0o755);
  await new Deno.Command("mkfifo", { args: [`${repo.path}/.claude/fifo`, `${repo.path}/.worktreeinclude`] }).output();
  const names = await create(repo, `${repo.directory}/tree`, "b");
  assertEquals(names, [".claude/file", ".claude/settings.json"]);
  assert((await Deno.lstat(`${repo.directory}/tree/.claude/file`)).isFifo);
});

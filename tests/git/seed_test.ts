import { assert, assertEquals } from "@std/assert";
import { copyFiles } from "../../lib/git/seed.ts";
import { createWorktree } from "../../lib/git/worktree.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { type TestRepository, testRepository } from "../helpers/repository.ts";
import { tempDir } from "../helpers/temp.ts";
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

Deno.test("createWorktree() copies nothing from `.claude/worktrees`, even if `.worktreeinclude` lists it", async () => {
  await using repo = await testRepository();
  await repo.write(".gitignore", "*.env\n");
  await repo.write(".worktreeinclude", "*.env\n");
  await repo.write(".claude/worktrees/left/a.env", "x");
  await repo.write(".claude/b.env", "x");
  assertEquals(await create(repo, `${repo.directory}/tree`, "b"), [".claude/b.env"]);
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

Deno.test("createWorktree() does not copy from a FIFO, nor wait for one that lists files", async () => {
  await using repo = await testRepository();
  await repo.write(".claude/settings.json", "{}");
  await new Deno.Command("mkfifo", { args: [`${repo.path}/.claude/fifo`, `${repo.path}/.worktreeinclude`] }).output();
  assertEquals(await create(repo, `${repo.directory}/tree`, "b"), [".claude/settings.json"]);
});

Deno.test("copyFiles() writes neither into a FIFO nor through a symlink", async () => {
  await using directory = await tempDir();
  const [from, to] = [`${directory.path}/from`, `${directory.path}/to`];
  for (const path of [`${from}/sub`, to, `${directory.path}/outside`]) await Deno.mkdir(path, { recursive: true });
  const names = ["fifo", "link", "sub/file", "plain"];
  for (const name of names) await Deno.writeTextFile(`${from}/${name}`, "new");
  await new Deno.Command("mkfifo", { args: [`${to}/fifo`] }).output();
  await Deno.symlink(`${directory.path}/outside/file`, `${to}/link`);
  await Deno.symlink(`${directory.path}/outside`, `${to}/sub`);
  await soon("the copy", copyFiles({ from, to, names }));
  assert((await Deno.lstat(`${to}/fifo`)).isFifo);
  assertEquals((await Array.fromAsync(Deno.readDir(`${directory.path}/outside`))).length, 0);
  assertEquals(await Deno.readTextFile(`${to}/plain`), "new");
});

Deno.test("createWorktree() copies nothing of `.claude/worktrees`, whether it is a work tree or not", async () => {
  await using repo = await testRepository();
  await repo.write(".claude/settings.json", "{}");
  await repo.write(".claude/worktrees/leftover/file", "x");
  assertEquals(await create(repo, `${repo.directory}/tree`, "b"), [".claude/settings.json"]);
});

Deno.test("createWorktree() runs no hook and no filter of the repository", async () => {
  await using repo = await testRepository();
  const sprung = `${repo.directory}/sprung`;
  const trap = `${repo.directory}/trap`;
  await Deno.writeTextFile(trap, `#!/bin/sh\necho $0 >> ${sprung}\ncat\n`, { mode: 0o755 });
  await Deno.chmod(trap, 0o755);
  for (const name of ["post-checkout", "reference-transaction", "post-index-change"]) {
    await Deno.copyFile(trap, `${repo.path}/.git/hooks/${name}`);
  }
  await repo.write(".gitattributes", "* filter=evil\n");
  await repo.git("-c", "core.hooksPath=/dev/null", "add", ".");
  await repo.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "attributes");
  for (const kind of ["smudge", "clean"]) await repo.git("config", `filter.evil.${kind}`, trap);
  await repo.git("config", "filter.evil.required", "true");
  await create(repo, `${repo.directory}/tree`, "b");
  assertEquals(await isThere(sprung), false);
  assertEquals(await Deno.readTextFile(`${repo.directory}/tree/file`), "1\n");
});

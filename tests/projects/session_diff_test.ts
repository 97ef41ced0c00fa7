import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { sessionDiff } from "../../lib/projects/session_diff.ts";
import { ProjectError } from "../../lib/projects/project_error.ts";
import type { ChangedFile, SessionDiff } from "../../lib/projects/types.ts";
import { git, projectWorld, writeFiles } from "../helpers/projects.ts";

/** A repository with files, from whose first commit a session has started. */
async function started(files: Readonly<Record<string, string>>) {
  const world = await projectWorld({ hasDaemon: true });
  const path = await world.repository("repo", files);
  const base = await git(path, "rev-parse", "HEAD");
  return {
    world,
    path,
    base,
    changes: (below = ""): Promise<SessionDiff> => world.projects.changes({ path: path + below, base }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

function withoutDiffs(files: readonly ChangedFile[]): Omit<ChangedFile, "diff">[] {
  return files.map(({ diff: _diff, ...rest }) => rest);
}

Deno.test("changes() has what was committed, what was not, and what git does not know", async () => {
  await using at = await started({
    a: "1\n2\n",
    b: "b\n".repeat(20),
    gone: "x\n",
    same: "s\n",
    ".gitignore": "ignored\n",
  });
  await writeFiles(at.path, { a: "1\nzwei\n", committed: "c\n" });
  await git(at.path, "mv", "b", "moved");
  await git(at.path, "rm", "--quiet", "gone");
  await git(at.path, "add", ".");
  await git(at.path, "commit", "--quiet", "--message=second");
  await writeFiles(at.path, { a: "1\nzwei\ndrei\n", "new dir/new": "n\n", ignored: "i\n" });
  const { base, files, total_files, truncated } = await at.changes();
  assertEquals([base, total_files, truncated], [at.base, 5, false]);
  assertEquals(withoutDiffs(files), [
    { path: "a", change: "modified", added: 2, removed: 1 },
    { path: "committed", change: "added", added: 1, removed: 0 },
    { path: "gone", change: "deleted", added: 0, removed: 1 },
    { path: "moved", former_path: "b", change: "renamed", added: 0, removed: 0 },
    { path: "new dir/new", change: "untracked", added: 1, removed: 0 },
  ]);
  assertStringIncludes(files[0]!.diff!, "@@ -1,2 +1,3 @@\n 1\n-2\n+zwei\n+drei\n");
  assertStringIncludes(files[3]!.diff!, "rename from b\nrename to moved\n");
  assertStringIncludes(files[4]!.diff!, "--- /dev/null\n+++ b/new dir/new\n@@ -0,0 +1 @@\n+n\n");
});

Deno.test("changes() finds files of any name", async () => {
  const names = [
    'quo"te',
    "back\\slash",
    "tab\there",
    "new\nline",
    "é",
    " space ",
    "-dash",
    ":(top)magic",
    "a b/c d",
    "*",
  ];
  await using at = await started(Object.fromEntries(names.map((name) => [name, "1\n"])));
  await writeFiles(at.path, Object.fromEntries(names.map((name) => [name, "2\n"])));
  const { files } = await at.changes();
  assertEquals(files.map(({ path }) => path), names.toSorted());
  for (const { path, diff } of files) assertStringIncludes(diff ?? "", "-1\n+2\n", JSON.stringify(path));
});

Deno.test("changes() has no diff of binary files", async () => {
  await using at = await started({ known: "a\0b" });
  await writeFiles(at.path, { known: "a\0c", unknown: "x\0y" });
  const { files, truncated } = await at.changes();
  assertEquals(files, [
    { path: "known", change: "modified", added: null, removed: null },
    { path: "unknown", change: "untracked", added: null, removed: null },
  ]);
  assertEquals(truncated, false);
});

Deno.test("changes() lists 500 files, and counts all", async () => {
  await using at = await started({ "0": "x\n" });
  const names = Array.from({ length: 520 }, (_, i) => String(1_000 + i));
  await writeFiles(at.path, Object.fromEntries(names.map((name) => [name, "x\n"])));
  const { files, total_files, truncated } = await at.changes();
  assertEquals([files.length, total_files, truncated], [500, 520, true]);
});

Deno.test("changes() returns 1 MiB of diffs, and leaves out what is more", async () => {
  const large = "0123456789\n".repeat(60_000);
  await using at = await started({ "a-small": "1\n", "b-large": "", "c-larger": "", "d-small": "1\n" });
  const more = { "b-large": large, "c-larger": large + large, "e-large": large, "f-larger": large + large };
  await writeFiles(at.path, { "a-small": "2\n", "d-small": "2\n", ...more });
  const { files, truncated } = await at.changes();
  const withDiff = files.filter(({ diff }) => diff !== undefined).map(({ path }) => path);
  assertEquals([withDiff, truncated], [["a-small", "b-large", "d-small"], true]);
  assertEquals(files.map(({ added }) => added), [1, 60_000, 120_000, 1, null, null]);
});

Deno.test("changes() of a session in a subdirectory has what is below it", async () => {
  await using at = await started({ "sub/a": "1\n", other: "1\n" });
  await writeFiles(at.path, { "sub/a": "2\n", "sub/new": "", other: "2\n" });
  assertEquals((await at.changes("/sub")).files.map(({ path }) => path), ["a", "new"]);
});

Deno.test("changes() leaves out work trees and looks into no repository within", async () => {
  await using at = await started({ a: "1\n" });
  await writeFiles(at.path, { ".claude/worktrees/w/file": "x\n" });
  await at.world.repository("repo/inner");
  assertEquals((await at.changes()).files, [{ path: "inner/", change: "untracked", added: null, removed: null }]);
});

Deno.test("changes() follows no symlink", async () => {
  await using at = await started({ a: "1\n" });
  await writeFiles(at.world.directory, { secret: "secret\n" });
  await Deno.symlink(`${at.world.directory}/secret`, `${at.path}/link`);
  const text = JSON.stringify(await at.changes());
  assert(!text.includes("+secret"), text);
});

Deno.test("changes() compares with nothing when the session started before the first commit", async () => {
  await using world = await projectWorld({ hasDaemon: true });
  const path = await world.make("repo");
  await git(path, "init", "--quiet");
  await writeFiles(path, { staged: "1\n", other: "1\n" });
  await git(path, "add", "staged");
  const { base, files } = await world.projects.changes({ path, base: null });
  assertEquals([base, files.map(({ path, change }) => `${change} ${path}`)], [null, [
    "untracked other",
    "added staged",
  ]]);
});

Deno.test("changes() outside of a repository are none, without the daemon", async () => {
  await using world = await projectWorld();
  const path = await world.make("plain", { a: "" });
  const refuse = () => Promise.reject(new Error("no daemon is needed"));
  assertEquals(await sessionDiff(refuse, { path, base: null }), {
    base: null,
    files: [],
    total_files: 0,
    truncated: false,
  });
});

Deno.test("changes() says which commit is gone", async () => {
  await using at = await started({ a: "1\n" });
  const base = "0123456789012345678901234567890123456789";
  await assertRejects(() => at.world.projects.changes({ path: at.path, base }), ProjectError, base);
});

for (const [what, end] of [["carriage return", "\r"], ["line separator", "\u2028"]] as const) {
  Deno.test(`changes() shows all of a file in which a ${what} stands before what looks like another diff`, async () => {
    await using at = await started({ a: "1\n", b: "1\n" });
    const forged = `diff --git a/b b/b${"\n"}`;
    await writeFiles(at.path, { a: `1\nx${end}${forged}evil\n`, b: "2\n" });
    const { files } = await at.changes();
    assertStringIncludes(files[0]!.diff!, "+evil\n");
    assertEquals(files[1]!.diff!.includes("evil"), false);
  });
}

Deno.test("changes() compares the files of the repository, wherever its configuration says that they are", async () => {
  await using at = await started({ hosts: "1\n" });
  await git(at.path, "config", "core.worktree", "/etc");
  await writeFiles(at.path, { hosts: "1\n2\n" });
  const { files } = await at.changes();
  assertEquals(withoutDiffs(files), [{ path: "hosts", change: "modified", added: 1, removed: 0 }]);
});

Deno.test("changes() reads no order of files that the configuration names", async () => {
  await using at = await started({ a: "1\n", b: "1\n" });
  await writeFiles(at.path, { a: "2\n", b: "2\n" });
  // From a device such as /dev/zero, git would read until there is no memory left.
  await git(at.path, "config", "diff.orderFile", "/does/not/exist");
  assertEquals((await at.changes()).files.map(({ path }) => path), ["a", "b"]);
});

Deno.test("changes() quotes the name of a new file that looks like a part of a diff", async () => {
  await using at = await started({ a: "1\n" });
  const name = "x\n@@ -0,0 +1,9 @@\n+harmless";
  await writeFiles(at.path, { [name]: "evil\n" });
  const { files: [file] } = await at.changes();
  assertEquals([file?.path, file?.diff?.match(/^@@.*$/mg)], [name, ["@@ -0,0 +1 @@"]]);
});

import { assertEquals, assertMatch } from "@std/assert";
import { printableText } from "../../../lib/git/next/git_text.ts";
import { changeLines } from "../../../lib/git/next/status_lines.ts";
import { worktreeStatus } from "../../../lib/git/next/queries.ts";
import { encodeJson } from "../../../lib/rpc/json_encode.ts";
import { testRepository } from "../../helpers/repository.ts";
import { created } from "./sessions.ts";

const LIMITS = { timeoutMs: 60_000 };
const bytes = (text: string) => new TextEncoder().encode(text);
const lines = (text: string): unknown => JSON.parse(encodeJson({ lines: [...changeLines(bytes(text))] })).lines;

Deno.test("changeLines() keeps the first space, and cuts long lines between characters", () => {
  assertEquals(lines(" M one\n?? two\n"), [" M one", "?? two"]);
  assertEquals(lines("x".repeat(512)), ["x".repeat(512)]);
  assertEquals(lines("x".repeat(513)), ["x".repeat(512) + "\u2026"]);
  assertEquals(lines("x".repeat(511) + "\u00e9\u00e9"), ["x".repeat(511) + "\u2026"]);
  assertEquals((lines("?? x\n".repeat(10_001)) as string[]).length, 10_000);
});

Deno.test("printableText() is one line without bad bytes", () => {
  assertEquals(printableText(Uint8Array.of(0x0a, 0x61, 0xff, 0x0a, 0x09, 0x62, 0x07)), "a  b");
});

Deno.test("worktreeStatus() lists files one by one, and does not write the index", async () => {
  await using repo = await testRepository();
  const tree = await created(repo, "a");
  await Deno.writeTextFile(`${tree}/file`, "2\n");
  await Deno.mkdir(`${tree}/new/sub`, { recursive: true });
  for (const name of ["x", "sub/y"]) await Deno.writeTextFile(`${tree}/new/${name}`, "");
  const index = `${repo.path}/.git/worktrees/a/index`;
  const before = (await Deno.stat(index)).mtime;
  const status = (await worktreeStatus(tree, repo.path, LIMITS))!;
  assertEquals(new TextDecoder().decode(status.output), " M file\n?? new/sub/y\n?? new/x");
  assertEquals((await Deno.stat(index)).mtime, before);
});

Deno.test("worktreeStatus() tells that there are submodules, and does not look into them", async () => {
  await using repo = await testRepository();
  await using other = await testRepository();
  await repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", other.path, "sub");
  await repo.git("commit", "-q", "-m", "sub");
  const tree = await created(repo, "a");
  assertEquals((await worktreeStatus(tree, repo.path, LIMITS))!.submodules, []);
  await Deno.writeTextFile(`${tree}/sub/file`, "x");
  const present = ' S "sub" (submodule present; contents not inspected)';
  assertEquals((await worktreeStatus(tree, repo.path, LIMITS))!.submodules, [present]);
  const commit = (await repo.git("rev-parse", "HEAD")).trim();
  await repo.git("-C", tree, "update-index", "--cacheinfo", `160000,${commit},sub`);
  const staged = ' S "sub" (submodule change staged; contents not inspected)';
  assertEquals((await worktreeStatus(tree, repo.path, LIMITS))!.submodules, [staged]);
});

Deno.test("worktreeStatus() knows only the one work tree that the repository has registered", async () => {
  await using repo = await testRepository();
  await using other = await testRepository();
  const tree = await created(repo, "a");
  await Deno.symlink(tree, `${repo.directory}/link`);
  for (const path of [tree, `${repo.directory}/link`]) {
    assertMatch(String((await worktreeStatus(path, repo.path, LIMITS))?.output.length), /^0$/, path);
  }
  for (const [path, base] of [[repo.path, repo.path], [tree, other.path], [`${tree}/x`, repo.path], [tree, tree]]) {
    assertEquals(await worktreeStatus(path!, base!, LIMITS), undefined, path);
  }
  await Deno.mkdir(`${repo.path}/.git/worktrees/b`);
  await Deno.writeTextFile(`${repo.path}/.git/worktrees/b/gitdir`, `${tree}/.git\n`);
  assertEquals(await worktreeStatus(tree, repo.path, LIMITS), undefined, "two entries name it");
});

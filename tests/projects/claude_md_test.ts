import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { trust } from "../../lib/claude_home/trust.ts";
import { readClaudeMd, writeClaudeMd } from "../../lib/projects/claude_md.ts";
import { ProjectError } from "../../lib/projects/project_error.ts";
import { projectWorld, writeFiles } from "../helpers/projects.ts";
import { tempDir } from "../helpers/temp.ts";

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** A project in a directory, and something outside of it. */
async function place(): Promise<AsyncDisposable & { readonly project: string; readonly outside: string }> {
  const directory = await tempDir();
  const [project, outside] = [`${directory.path}/project`, `${directory.path}/outside`];
  await writeFiles(directory.path, { "project/.git/hooks/x": "", "outside/secret": "secret" });
  return { project, outside, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

async function kindOf(work: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(work, ProjectError)).kind;
}

Deno.test("writeClaudeMd() writes the file, and keeps its mode", async () => {
  await using at = await place();
  const { exists, sha256 } = await readClaudeMd(at.project);
  assertEquals([exists, sha256], [false, EMPTY]);
  const first = await writeClaudeMd(at.project, "# One\n", EMPTY);
  assertEquals([first.exists, first.content, first.size], [true, "# One\n", 6]);
  await Deno.chmod(`${at.project}/CLAUDE.md`, 0o640);
  const second = await writeClaudeMd(at.project, "é", first.sha256);
  assertEquals([second.content, second.size], ["é", 2]);
  assertEquals((await Deno.stat(`${at.project}/CLAUDE.md`)).mode! & 0o777, 0o640);
  assertEquals([...Deno.readDirSync(at.project)].map(({ name }) => name).sort(), [".git", "CLAUDE.md"]);
});

Deno.test("writeClaudeMd() refuses when somebody else has changed the file, and tells the new SHA-256", async () => {
  await using at = await place();
  await writeFiles(at.project, { "CLAUDE.md": "theirs" });
  const { sha256 } = await readClaudeMd(at.project);
  const error = await assertRejects(() => writeClaudeMd(at.project, "mine", EMPTY), ProjectError);
  assertEquals(error.kind, "conflict");
  assertStringIncludes(error.message, sha256);
  assertEquals(await Deno.readTextFile(`${at.project}/CLAUDE.md`), "theirs");
});

Deno.test("writeClaudeMd() refuses what is too large or no UTF-8", async () => {
  await using at = await place();
  await writeClaudeMd(at.project, "x".repeat(65_536), EMPTY);
  const { sha256 } = await readClaudeMd(at.project);
  assertEquals(await kindOf(() => writeClaudeMd(at.project, "x".repeat(65_537), sha256)), "too_large");
  assertEquals(await kindOf(() => writeClaudeMd(at.project, "é".repeat(32_769), sha256)), "too_large");
  assertEquals(await kindOf(() => writeClaudeMd(at.project, "\ud800", sha256)), "bad_params");
});

Deno.test("readClaudeMd() refuses what is too large, no UTF-8 or no file", async () => {
  await using at = await place();
  const path = `${at.project}/CLAUDE.md`;
  await Deno.writeFile(path, new Uint8Array(65_537));
  assertEquals(await kindOf(() => readClaudeMd(at.project)), "too_large");
  await Deno.writeFile(path, new Uint8Array([0xff]));
  assertEquals(await kindOf(() => readClaudeMd(at.project)), "conflict");
  await Deno.remove(path);
  await Deno.mkdir(path);
  assertEquals(await kindOf(() => readClaudeMd(at.project)), "refused");
  await Deno.remove(path);
  await new Deno.Command("mkfifo", { args: [path] }).output();
  assertEquals(await kindOf(() => readClaudeMd(at.project)), "refused");
  assertEquals(await kindOf(() => writeClaudeMd(at.project, "x", EMPTY)), "refused");
});

Deno.test("a symlink within the project is followed, and stays", async () => {
  await using at = await place();
  await writeFiles(at.project, { "docs/AGENTS.md": "one" });
  await Deno.symlink("docs/AGENTS.md", `${at.project}/CLAUDE.md`);
  const { sha256 } = await readClaudeMd(at.project);
  assertEquals((await writeClaudeMd(at.project, "two", sha256)).content, "two");
  assert((await Deno.lstat(`${at.project}/CLAUDE.md`)).isSymlink);
  assertEquals(await Deno.readTextFile(`${at.project}/docs/AGENTS.md`), "two");
});

Deno.test("no symlink leads out of the project, to nowhere, or into the repository's own files", async () => {
  const targets = [
    "OUTSIDE/secret",
    "../outside/secret",
    "../outside/new",
    "nowhere",
    "CLAUDE.md",
    ".git/hooks/x",
    "/etc/passwd",
    "/dev/null",
    "/proc/self/environ",
    "..",
    ".",
  ];
  for (const target of targets) {
    await using at = await place();
    await Deno.symlink(target.replace("OUTSIDE", at.outside), `${at.project}/CLAUDE.md`);
    assertEquals(await kindOf(() => readClaudeMd(at.project)), "refused", target);
    assertEquals(await kindOf(() => writeClaudeMd(at.project, "x", EMPTY)), "refused", target);
    assertEquals(await Deno.readTextFile(`${at.outside}/secret`), "secret");
    assertEquals([...Deno.readDirSync(at.outside)].length, 1, target);
  }
});

/**
 * Runs a write, and exchanges something for a symlink right before a call of the file system.
 *
 * @param swap Called before each call with its number; returns whether it is done.
 */
async function writeWhile(project: string, sha256: string, at: number, swap: () => void): Promise<unknown> {
  const kept = { lstat: Deno.lstat, realPath: Deno.realPath, rename: Deno.rename, writeFile: Deno.writeFile };
  let calls = 0;
  const before = <A extends unknown[], R>(call: (...args: A) => R) => (...args: A): R => {
    if (++calls === at) swap();
    return call(...args);
  };
  Deno.lstat = before(kept.lstat);
  Deno.realPath = before(kept.realPath);
  Deno.rename = before(kept.rename);
  Deno.writeFile = before(kept.writeFile);
  try {
    return await writeClaudeMd(project, "written", sha256).then(() => "ok", (error) => error);
  } finally {
    Object.assign(Deno, kept);
  }
}

/** More than the calls that a write makes. */
const STEPS = 24;

Deno.test("a file that is exchanged for a symlink at any step of a write leads nowhere", async () => {
  for (let step = 1; step <= STEPS; step++) {
    await using at = await place();
    const path = `${at.project}/CLAUDE.md`;
    await Deno.writeTextFile(path, "before");
    const { sha256 } = await readClaudeMd(at.project);
    const result = await writeWhile(at.project, sha256, step, () => {
      Deno.removeSync(path);
      Deno.symlinkSync(`${at.outside}/secret`, path);
    });
    assert(result === "ok" || result instanceof ProjectError, `step ${step}: ${result}`);
    assertEquals(await Deno.readTextFile(`${at.outside}/secret`), "secret", `step ${step}`);
    assertEquals([...Deno.readDirSync(at.outside)].length, 1, `step ${step}`);
  }
});

Deno.test("a directory that is exchanged for a symlink at any step of a write leads nowhere", async () => {
  let refusals = 0;
  for (let step = 1; step <= STEPS; step++) {
    await using at = await place();
    await writeFiles(at.project, { "docs/CLAUDE.md": "before" });
    await writeFiles(at.outside, { "CLAUDE.md": "before" });
    await Deno.symlink("docs/CLAUDE.md", `${at.project}/CLAUDE.md`);
    const { sha256 } = await readClaudeMd(at.project);
    const result = await writeWhile(at.project, sha256, step, () => {
      Deno.renameSync(`${at.project}/docs`, `${at.project}/moved`);
      Deno.symlinkSync(at.outside, `${at.project}/docs`);
    });
    assert(result === "ok" || result instanceof ProjectError, `step ${step}: ${result}`);
    if (result !== "ok") refusals++;
    assertEquals(await Deno.readTextFile(`${at.outside}/CLAUDE.md`), "before", `step ${step}`);
    assertEquals([...Deno.readDirSync(at.outside)].length, 2, `step ${step}`);
  }
  assert(refusals > 5, `${refusals} refusals`);
});

Deno.test("putClaudeMd() needs trust, and says when an agent runs that has read the old file", async () => {
  let startedAt = 0;
  const agents = () => [{ isSession: true, path: `${world.root}/web`, startedAt: () => startedAt }];
  const world = await projectWorld({ agents });
  await using _world = world;
  const path = await world.make("web");
  assertEquals(await kindOf(() => world.projects.putClaudeMd("web", "x", EMPTY)), "refused");
  await trust(world.home, path);
  assertEquals((await world.projects.claudeMd("web")).restart_hint, false);
  assertEquals((await world.projects.putClaudeMd("web", "x", EMPTY)).restart_hint, true);
  startedAt = Date.now() + 60_000;
  assertEquals((await world.projects.claudeMd("web")).restart_hint, false);
});

Deno.test("putClaudeMd() lets one of many writers with the same base win", async () => {
  await using world = await projectWorld();
  await trust(world.home, await world.make("web"));
  const texts = Array.from({ length: 20 }, (_, i) => `text ${i}`);
  const results = await Promise.allSettled(texts.map((text) => world.projects.putClaudeMd("web", text, EMPTY)));
  assertEquals(results.filter(({ status }) => status === "fulfilled").length, 1);
});

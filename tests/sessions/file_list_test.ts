import { assertEquals } from "@std/assert";
import { bestMatches } from "../../lib/sessions/file_list.ts";
import { sessionWorld } from "../helpers/sessions.ts";
import { tempDir } from "../helpers/temp.ts";

const PATHS = ["README.md", "lib/read.ts", "lib/thread.ts", "docs/readme/a.txt", "src/x.ts"];

Deno.test("bestMatches() prefers names that begin with the text, then paths, then names, then the rest", () => {
  assertEquals(bestMatches(PATHS, "read", 10), ["README.md", "lib/read.ts", "lib/thread.ts", "docs/readme/a.txt"]);
  assertEquals(bestMatches(PATHS, "lib/", 10), ["lib/read.ts", "lib/thread.ts"]);
  assertEquals(bestMatches(PATHS, "", 2), ["src/x.ts", "README.md"]);
});

Deno.test("files() finds the files of a repository that git does not ignore, and runs no program of it", async () => {
  await using world = await sessionWorld();
  const git = async (...args: string[]) => {
    const { success } = await new Deno.Command("git", { args: ["-C", world.work, ...args], stdout: "null" }).output();
    assertEquals(success, true);
  };
  await git("init", "--quiet");
  await git("config", "core.fsmonitor", `touch ${world.home}/was-run; false`);
  await Deno.writeTextFile(`${world.work}/.gitignore`, "*.log\n");
  for (const name of ["new file.ts", "build.log"]) await Deno.writeTextFile(`${world.work}/${name}`, "");
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  assertEquals(await sessions.files(id, "", 10), [".gitignore", "new file.ts"]);
  assertEquals(await sessions.files(id, "FILE", 10), ["new file.ts"]);
  assertEquals([...Deno.readDirSync(world.home)].some(({ name }) => name === "was-run"), false);
  await sessions.kill(id);
});

Deno.test("files() finds the files of a directory without git, but for hidden ones and packages", async () => {
  await using world = await sessionWorld();
  for (const directory of ["sub", "node_modules", ".hidden"]) {
    await Deno.mkdir(`${world.work}/${directory}`);
    await Deno.writeTextFile(`${world.work}/${directory}/a.ts`, "");
  }
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  assertEquals(await sessions.files(id, "a.ts", 10), ["sub/a.ts"]);
  await sessions.kill(id);
});

Deno.test("files() finds the files of a directory where git is missing", async () => {
  await using programs = await tempDir();
  for (const name of ["sh", "ps", "cat", "kill"]) await Deno.symlink(`/bin/${name}`, `${programs.path}/${name}`);
  for (const name of ["env", "find"]) await Deno.symlink(`/usr/bin/${name}`, `${programs.path}/${name}`);
  await using world = await sessionWorld({ env: { PATH: programs.path } });
  await Deno.writeTextFile(`${world.work}/a.ts`, "");
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  assertEquals(await sessions.files(id, "a.ts", 10), ["a.ts"]);
  await sessions.kill(id);
});

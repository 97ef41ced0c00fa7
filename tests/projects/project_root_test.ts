import { assertEquals, assertRejects } from "@std/assert";
import { ProjectError } from "../../lib/projects/project_error.ts";
import { ProjectRoot } from "../../lib/projects/project_root.ts";
import { type ProjectWorld, projectWorld } from "../helpers/projects.ts";

/** Names that must never become paths. */
const BAD_NAMES = [
  "",
  ".",
  "..",
  "../x",
  "../../etc",
  "a/b",
  "a/../../x",
  "/etc",
  "/",
  "a\\b",
  "..\\x",
  ".git",
  ".hidden",
  "a b",
  " a",
  "a\n",
  "a\0b",
  "\0",
  "a\x1b[31m",
  "%2e%2e",
  "%2e%2e%2fx",
  "..%2f",
  "~",
  "~root",
  "$HOME",
  "a;b",
  "a|b",
  "*",
  "a?",
  "é",
  "ａ",
  "a\u202eb",
  "a\u200b",
  "\u2024\u2024",
  "\ud800",
  "x".repeat(65),
];

/** Every operation that takes the name of a project. */
function operations(world: ProjectWorld, name: string): (() => Promise<unknown>)[] {
  const { projects } = world;
  return [
    () => projects.get(name),
    () => projects.trust(name),
    () => projects.claudeMd(name),
    () => projects.putClaudeMd(name, "x", "0"),
    () => projects.removeWorktree(name, "w"),
  ];
}

Deno.test("no operation accepts a name that no project can have", async () => {
  await using world = await projectWorld();
  await world.make("known");
  for (const name of BAD_NAMES) {
    for (const operation of [...operations(world, name), () => world.projects.create({ name })]) {
      const error = await assertRejects(operation, ProjectError, undefined, JSON.stringify(name));
      assertEquals(error.kind, "bad_params", JSON.stringify(name));
    }
  }
  assertEquals([...Deno.readDirSync(world.root)].map(({ name }) => name), ["known"]);
});

Deno.test("names of 1 to 64 of the allowed characters are accepted", async () => {
  await using world = await projectWorld();
  for (const name of ["a", "-", "_", "0", "a..b", "a.git", "-rf", "--help", "x".repeat(64)]) {
    assertEquals((await world.projects.create({ name })).path, `${world.root}/${name}`);
  }
});

Deno.test("no operation follows a symlink out of the root", async () => {
  await using world = await projectWorld();
  const outside = `${world.directory}/outside`;
  await Deno.mkdir(outside);
  await Deno.mkdir(`${world.root}-beside`);
  const links = {
    absolute: outside,
    relative: "../outside",
    beside: `${world.root}-beside`,
    root: ".",
    up: "..",
    top: "/",
  };
  for (const [name, target] of Object.entries(links)) await Deno.symlink(target, `${world.root}/${name}`);
  await Deno.symlink("absolute", `${world.root}/twice`);
  for (const name of [...Object.keys(links), "twice"]) {
    for (const operation of operations(world, name)) {
      const error = await assertRejects(operation, ProjectError, "leads out of the directory of projects", name);
      assertEquals(error.kind, "refused", name);
    }
  }
  const { projects, skipped } = await world.projects.list();
  assertEquals(projects, []);
  assertEquals(skipped.map(({ name }) => name), ["absolute", "beside", "relative", "root", "top", "twice", "up"]);
});

Deno.test("a symlink that stays in the root is a project, with the path that it leads to", async () => {
  await using world = await projectWorld();
  const path = await world.make("real");
  await Deno.symlink("real", `${world.root}/link`);
  assertEquals((await world.projects.get("link")).path, path);
});

Deno.test("a root that is a symlink is resolved once", async () => {
  await using world = await projectWorld();
  const path = await world.make("one");
  await Deno.symlink(world.root, `${world.directory}/link`);
  assertEquals(await new ProjectRoot(`${world.directory}/link`).find("one"), { name: "one", path });
});

Deno.test("symlinks that lead nowhere or in circles are skipped, and refused", async () => {
  await using world = await projectWorld();
  await Deno.symlink("nowhere", `${world.root}/dangling`);
  await Deno.symlink("circle", `${world.root}/circle`);
  assertEquals((await world.projects.list()).skipped.map(({ name, reason }) => [name, reason]), [
    ["circle", "too many levels of symbolic links"],
    ["dangling", "it is a symlink that leads nowhere"],
  ]);
  for (const name of ["dangling", "circle"]) {
    assertEquals((await assertRejects(() => world.projects.get(name), ProjectError)).kind, "refused");
  }
});

Deno.test("files and what is not there are unknown", async () => {
  await using world = await projectWorld();
  await Deno.writeTextFile(`${world.root}/file`, "");
  await Deno.symlink("file", `${world.root}/link`);
  for (const name of ["file", "link", "none"]) {
    assertEquals((await assertRejects(() => world.projects.get(name), ProjectError)).kind, "unknown", name);
  }
  assertEquals((await world.projects.list()).skipped, []);
});

Deno.test("directories whose names do not fit are skipped with the reason", async () => {
  await using world = await projectWorld();
  for (const name of [".hidden", "a b", "x\u202ey", "new\nline", "y".repeat(65)]) await world.make(name);
  const { projects, skipped } = await world.projects.list();
  assertEquals(projects, []);
  assertEquals(skipped, [
    { name: ".hidden", reason: "the name begins with a dot" },
    { name: "a b", reason: "the name has other characters than A-Z a-z 0-9 . _ -" },
    { name: "new\\u{a}line", reason: "the name has other characters than A-Z a-z 0-9 . _ -" },
    { name: "x\\u{202e}y", reason: "the name has other characters than A-Z a-z 0-9 . _ -" },
    { name: "y".repeat(65), reason: "the name has more than 64 characters" },
  ]);
});

Deno.test("create() refuses a name that is taken, whatever has it", async () => {
  await using world = await projectWorld();
  await world.make("directory");
  await Deno.writeTextFile(`${world.root}/file`, "");
  await Deno.symlink("/nonexistent", `${world.root}/link`);
  for (const name of ["directory", "file", "link"]) {
    assertEquals((await assertRejects(() => world.projects.create({ name }), ProjectError)).kind, "conflict", name);
  }
});

Deno.test("without a root, the list is empty, and the rest says what to configure", async () => {
  await using world = await projectWorld({ root: undefined });
  assertEquals(await world.projects.list(), { projects: [], skipped: [] });
  await assertRejects(() => world.projects.create({ name: "a" }), ProjectError, "set projects.root");
  await assertRejects(() => world.projects.get("a"), ProjectError, "set projects.root");
});

Deno.test("a root that is not there is named", async () => {
  await using world = await projectWorld({ root: "/nonexistent/projects" });
  await assertRejects(() => world.projects.list(), ProjectError, "/nonexistent/projects");
});

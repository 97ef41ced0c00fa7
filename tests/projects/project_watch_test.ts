import { assert, assertEquals } from "@std/assert";
import type { ProjectNotice } from "../../lib/projects/types.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { git, type ProjectWorld, projectWorld, writeFiles } from "../helpers/projects.ts";
import { waitFor } from "../helpers/wait.ts";

/** Watches the projects. */
function watch({ topics }: ProjectWorld) {
  const names: (string | undefined)[] = [];
  const watching = topics.watch(["projects"], (notice: ProjectNotice) => {
    if (notice.topic === "projects") names.push(notice.name);
  });
  return {
    names,
    /** Whether the watcher was told that a project may have changed. */
    isTold: (name: string) => names.includes(name) || names.includes(undefined),
    [Symbol.dispose]: () => watching[Symbol.dispose](),
  };
}

/** Waits until the branch and the changes of all repositories are known, and nothing more is told of them. */
async function settled({ projects }: ProjectWorld, names: (string | undefined)[]): Promise<void> {
  await waitFor("git", async () => (await projects.list()).projects.every(({ changes }) => changes !== null));
  await waitFor("the notice of it", () => names.length > 0);
}

Deno.test("who watches is told of a changed file within two seconds", async () => {
  await using world = await projectWorld({ hasDaemon: true });
  for (const name of ["a", "b", "c"]) await world.repository(name);
  using watching = watch(world);
  await settled(world, watching.names);
  watching.names.length = 0;
  const start = performance.now();
  await writeFiles(`${world.root}/b`, { "deep/er/file": "" });
  await waitFor("the notice of the file", async () => {
    if (!watching.isTold("b")) return false;
    watching.names.length = 0;
    return (await world.projects.list()).projects[1]?.changes === 1;
  });
  const ms = performance.now() - start;
  assert(ms < 2_000 || Deno.loadavg()[0]! > navigator.hardwareConcurrency, `${ms} ms`);
  const { projects } = await world.projects.list();
  assertEquals(projects.map(({ changes }) => changes), [0, 1, 0]);
});

Deno.test("who watches is told of another branch, of new and of removed projects", async () => {
  await using world = await projectWorld({ hasDaemon: true });
  await world.repository("a");
  using watching = watch(world);
  await settled(world, watching.names);
  watching.names.length = 0;
  await git(`${world.root}/a`, "checkout", "--quiet", "-b", "other");
  await waitFor("the branch", () => watching.isTold("a"));
  watching.names.length = 0;
  await world.make("b");
  await waitFor("the new project", () => watching.isTold("b"));
  watching.names.length = 0;
  await Deno.remove(`${world.root}/b`);
  await waitFor("its end", () => watching.isTold("b"));
});

Deno.test("what the hub changes itself is told", async () => {
  await using world = await projectWorld();
  using watching = watch(world);
  await world.projects.create({ name: "new" });
  await waitFor("the notice", () => watching.names.length > 0);
});

Deno.test("nothing is looked at while nobody watches", async () => {
  const clock = fakeClock();
  let looks = 0;
  await using world = await projectWorld({ clock, agents: () => (looks++, []) });
  await world.make("a");
  assertEquals(clock.pending, 0);
  {
    using _watching = watch(world);
    for (let i = 1; i <= 3; i++) {
      await waitFor("the next look", () => clock.pending > 0);
      clock.advance(1_000);
      await waitFor("the look", () => looks === i);
    }
  }
  assertEquals(clock.pending, 0);
  clock.advance(10_000);
  assertEquals([looks, clock.pending], [3, 0]);
});

Deno.test("who comes back while the projects are looked at does not have them looked at twice as often", async () => {
  const clock = fakeClock();
  await using world = await projectWorld({ clock });
  await world.make("a");
  const first = watch(world);
  clock.advance(0);
  first[Symbol.dispose]();
  using _second = watch(world);
  // The look that goes on is over long before the last of these.
  for (let i = 0; i < 10; i++) await world.projects.list();
  assertEquals(clock.pending, 1);
});

import { assertEquals, assertMatch } from "@std/assert";
import type { RemoteNotice } from "../../lib/remote/types.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { type RemoteWorld, remoteWorld } from "../helpers/remote.ts";
import { waitFor } from "../helpers/wait.ts";

/** Starts a server that the hub knows nothing of. */
async function startOutside(world: RemoteWorld, directory: string): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(world.agent.program, {
    args: ["remote-control", "--name", "outside"],
    cwd: directory,
    env: { HOME: world.home },
    stdin: "null",
  }).spawn();
  const file = `${world.home}/.claude/sessions/${child.pid}.json`;
  await waitFor("its note", () => Deno.stat(file).then(() => true, () => false));
  return child;
}

Deno.test("external() lists what runs outside of the hub, with its project, and leaves out what is ours", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const ours = [
    await opened.remote.start({ project: "web" }),
    await opened.remote.start({ project: "web", mode: "pty" }),
  ];
  for (const { id } of ours) await opened.whenStatus(id, "running");
  const inside = await startOutside(world, `${world.root}/api`);
  const elsewhere = await startOutside(world, world.home);
  const found = [...await opened.remote.external()].sort((a, b) => a.path.length - b.path.length);
  assertEquals(found.map(({ pid, project, path }) => ({ pid, project, path })), [
    { pid: elsewhere.pid, project: null, path: world.home },
    { pid: inside.pid, project: "api", path: `${world.root}/api` },
  ]);
  assertMatch(found[0]?.started_at ?? "", /^\d{4}-\d\d-\d\dT/);
  for (const child of [inside, elsewhere]) {
    child.kill("SIGINT");
    await child.status;
  }
  for (const { id } of ours) await opened.remote.stop(id);
});

Deno.test("sessions of others are looked for now and then while somebody watches, and a failure is told once", async () => {
  await using world = await remoteWorld();
  const clock = fakeClock();
  await using opened = world.open({ pollSeconds: 30 }, clock);
  const child = await startOutside(world, `${world.root}/web`);
  const told: RemoteNotice[] = [];
  const watching = opened.topics.watch(["external"], (notice) => void told.push(notice));
  await waitFor("the first look", () => told.length === 1);
  child.kill("SIGINT");
  await child.status;
  await waitFor("the timer", () => clock.pending > 0);
  clock.advance(30_000);
  await waitFor("the second look", () => told.length === 2);
  assertEquals(told[1], { topic: "external", external: [] });
  await Deno.writeTextFile(world.agent.program, "#!/bin/sh\necho broken >&2; exit 1\n");
  for (let i = 0; i < 2; i++) {
    await waitFor("the timer", () => clock.pending > 0);
    clock.advance(30_000);
    await waitFor("the warning", () => world.warnings.length > 0);
  }
  watching[Symbol.dispose]();
  assertEquals(world.warnings.length, 1);
  assertMatch(world.warnings[0] ?? "", /cannot be listed: .* agents --json failed: broken$/);
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { remoteWorld, restartableRemoteWorld } from "../helpers/remote.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

/** When a process was started, in ticks since the boot. */
async function ticksOf(pid: number): Promise<string> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

for (const mode of ["standard", "pty"] as const) {
  Deno.test(`a new hub finds an instance in the mode ${mode} again, and can stop it`, async () => {
    await using world = await remoteWorld();
    let [id, pid] = ["", 0];
    {
      await using opened = world.open({ mode });
      id = (await opened.remote.start({ project: "web" })).id;
      pid = (await opened.whenStatus(id, "running")).pid ?? 0;
    }
    assert(isAlive(pid));
    await using opened = world.open();
    const found = opened.remote.get(id);
    assertEquals([found.status, found.pid], ["running", pid]);
    assertEquals((await opened.remote.stop(id)).status, "stopped");
    assert(!isAlive(pid));
  });
}

Deno.test("a new hub learns that an instance is ready, and that another one has ended meanwhile", async () => {
  await using world = await remoteWorld();
  let [first, second] = ["", ""];
  {
    await using opened = world.open();
    first = (await opened.remote.start({ project: "web" })).id;
    second = (await opened.remote.start({ project: "api", name: "crash" })).id;
  }
  await using opened = world.open();
  await opened.whenStatus(first, "running");
  const { error_detail } = await opened.whenStatus(second, "crashed");
  assertStringIncludes(error_detail ?? "", "exit code 3: Error: lost session_***");
});

Deno.test("an instance outlives the daemon's hand-over, and its death", async () => {
  await using world = await restartableRemoteWorld();
  await using opened = world.open();
  const { id } = await opened.remote.start({ project: "web" });
  const { pid } = await opened.whenStatus(id, "running");
  await world.handOver();
  assertEquals([opened.remote.get(id).status, isAlive(pid ?? 0)], ["running", true]);
  await world.killDaemon();
  await world.startDaemon();
  if (isAlive(pid ?? 0)) assertEquals((await opened.remote.stop(id)).status, "stopped");
  else await opened.whenStatus(id, "crashed");
  assert(!isAlive(pid ?? 0));
});

Deno.test("a server that another program has started is taken over, if its process is the one that the CLI notes", async () => {
  await using world = await remoteWorld();
  const env = { ...Deno.env.toObject(), HOME: world.home };
  const child = new Deno.Command(world.agent.program, {
    args: ["remote-control", "--name", "other", "--debug-file", `${world.home}/other.log`],
    cwd: `${world.root}/web`,
    env,
    stdin: "null",
  }).spawn();
  await waitFor("its log", () => Deno.stat(`${world.home}/other.log`).then(() => true, () => false));
  const pointer = {
    pid: child.pid,
    procStart: await ticksOf(child.pid),
    environmentId: "env_1",
    sessionId: "session_2",
  };
  for (const [project, facts] of [["web", pointer], ["api", { ...pointer, procStart: "1" }]] as const) {
    const directory = `${world.home}/.claude/projects/${`${world.root}/${project}`.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
    await Deno.mkdir(directory, { recursive: true });
    await Deno.writeTextFile(`${directory}/bridge-pointer.json`, JSON.stringify(facts));
  }
  await using opened = world.open();
  const [found, ...others] = await waitFor("the server", () => {
    const all = opened.remote.list();
    return all.length > 0 ? all : undefined;
  });
  assertEquals(others, []);
  assertEquals([found?.project, found?.pid, found?.status], ["web", child.pid, "running"]);
  assertEquals(found?.session_url, "https://claude.ai/code/session_2?from=cli");
  const { created } = await opened.remote.start({ project: "web" });
  assertEquals(created, false);
  assertEquals((await opened.remote.stop("web")).status, "stopped");
  await child.status;
});

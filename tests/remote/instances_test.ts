import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import type { StartInstanceParams } from "../../lib/remote/types.ts";
import { RequestError } from "../../lib/system/request_error.ts";
import { type OpenedRemote, type RemoteWorld, remoteWorld } from "../helpers/remote.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

/** Starts an instance and waits until it is ready. */
async function startReady({ remote, whenStatus }: OpenedRemote, params: StartInstanceParams) {
  const { id } = await remote.start(params);
  const instance = await whenStatus(id, "running");
  return { ...instance, pid: instance.pid ?? 0 };
}

/** Checks that a start fails, with a kind and a text. */
async function refuses({ remote }: OpenedRemote, params: StartInstanceParams, kind: string, text: string) {
  const error = await assertRejects(() => remote.start(params), RequestError, text);
  assertEquals(error.kind, kind);
}

/** All lines of an instance's log. */
async function logOf({ remote }: OpenedRemote, id: string): Promise<string> {
  return (await remote.log(id, { bytes: 1 << 20 })).text;
}

async function pidOfChild(world: RemoteWorld, id: string): Promise<number> {
  const text = await Deno.readTextFile(`${world.home}/remote/${id}/debug.log`);
  return Number(/child (\d+)\./.exec(text)?.[1]);
}

Deno.test("start() starts a server, which is running once it has said so, and stop() ends it", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const { remote } = opened;
  const { created, ...started } = await remote.start({ project: "web" });
  assertEquals([created, started.status, started.name, started.url], [true, "starting", "web", null]);
  const running = await opened.whenStatus(started.id, "running");
  assertEquals(running.environment_id, "env_01StandInEnvironment");
  assertEquals(running.url, "https://claude.ai/code?environment=env_01StandInEnvironment");
  assertEquals(running.session_url, "https://claude.ai/code/session_01StandInSession?from=cli");
  const pid = running.pid ?? 0;
  assert(isAlive(pid));
  const stopped = await remote.stop("web");
  assertEquals([stopped.status, stopped.intentional_stop, stopped.pid], ["stopped", true, null]);
  assert(!isAlive(pid));
  assertMatch(stopped.ended_at ?? "", /^\d{4}-/);
});

Deno.test("start() gives the agent CLI the arguments that fit the mode, and no shell sees them", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const name = "a;b $(touch x) 'q'";
  const { id } = await startReady(opened, { project: "web", name, permission_mode: "plan" });
  const debug = await Deno.readTextFile(`${world.home}/remote/${id}/debug.log`);
  assertEquals(JSON.parse(/args=(.*)$/m.exec(debug)?.[1] ?? ""), [
    ...["--name", name, "--debug-file", `${world.home}/remote/${id}/debug.log`, "--spawn", "same-dir"],
    ...["--permission-mode", "plan"],
  ]);
});

Deno.test("start() passes on what the configuration says of the sessions of a server", async () => {
  await using world = await remoteWorld();
  await using opened = world.open({ capacity: 4, sessionNamePrefix: "box-", isVerbose: true });
  const { id } = await startReady(opened, { project: "web" });
  const debug = await Deno.readTextFile(`${world.home}/remote/${id}/debug.log`);
  assertEquals(JSON.parse(/args=(.*)$/m.exec(debug)?.[1] ?? "").slice(-5), [
    ...["--capacity", "4", "--remote-control-session-name-prefix", "box-", "--verbose"],
  ]);
});

Deno.test("start() returns the server that a project has already", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const both = await Promise.all([1, 2].map(() => opened.remote.start({ project: "web" })));
  assertEquals(both.map(({ created }) => created), [true, false]);
  assertEquals(both[0]!.id, both[1]!.id);
  assertEquals(opened.remote.list().length, 1);
});

Deno.test("start() refuses what is not allowed, in the order of the checks", async () => {
  await using world = await remoteWorld();
  await using opened = world.open({ max: 1 });
  const bypass = { permission_mode: "bypassPermissions" };
  await refuses(opened, { project: "none", permission_mode: "x" }, "unknown", 'there is no project "none"');
  await refuses(opened, { project: "../web" }, "bad_params", "cannot be the name of a project");
  await refuses(opened, { project: "new", permission_mode: "x" }, "bad_params", '"permission_mode" must be one of');
  await refuses(opened, { project: "new", name: "-x" }, "bad_params", '"name"');
  await refuses(opened, { project: "new", mode: "pty", spawn_mode: "session" }, "bad_params", '"spawn_mode"');
  await refuses(opened, { project: "web", spawn_mode: "worktree" }, "conflict", "no git repository");
  await refuses(opened, { project: "new", ...bypass, confirm: "new" }, "refused", "allow_bypass_permissions");
  await refuses(opened, { project: "api", ...bypass, confirm: "web" }, "refused", "repeat the project's name");
  await refuses(opened, { project: "new" }, "refused", "new is not trusted");
  const before = JSON.parse(await Deno.readTextFile(`${world.home}/.claude.json`));
  assertEquals([before.hasUsedRemoteControl, before.remoteDialogSeen], [undefined, undefined]);
  await opened.remote.start({ project: "web" });
  await refuses(opened, { project: "api" }, "conflict", "remote.max");
  const after = JSON.parse(await Deno.readTextFile(`${world.home}/.claude.json`));
  assertEquals([after.hasUsedRemoteControl, after.remoteDialogSeen], [true, true]);
  assertEquals(after.projects, before.projects);
});

Deno.test("start() leaves the CLI's acknowledgements alone where that is configured", async () => {
  await using world = await remoteWorld();
  await using opened = world.open({ autoEnable: false });
  await opened.remote.start({ project: "web" });
  const { hasUsedRemoteControl } = JSON.parse(await Deno.readTextFile(`${world.home}/.claude.json`));
  assertEquals(hasUsedRemoteControl, undefined);
});

Deno.test("an instance that only lives is never running, and says so after the time of grace", async () => {
  for (const name of ["silent", "half"]) {
    await using world = await remoteWorld();
    await using opened = world.open({ graceSeconds: 1 });
    const { id } = await opened.remote.start({ project: "web", name });
    const { error_detail, pid } = await opened.whenStatus(id, "error");
    assertStringIncludes(error_detail ?? "", "has not said within 1 seconds that it is ready");
    assert(isAlive(pid ?? 0), name);
    assertEquals((await opened.remote.stop(id)).status, "stopped");
  }
});

Deno.test("an instance that refuses to work is in error, with a sentence", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  for (const [name, text] of [["login", "You must be logged in"], ["untrusted", "Workspace not trusted"]] as const) {
    const { id } = await opened.remote.start({ project: "web", name });
    assertStringIncludes((await opened.whenStatus(id, "error")).error_detail ?? "", text);
    assertEquals(opened.remote.get(id).pid, null);
  }
});

Deno.test("an instance that ends by itself has crashed, with the end of its error output, masked", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const { id } = await opened.remote.start({ project: "web", name: "crash" });
  const { error_detail } = await opened.whenStatus(id, "crashed");
  assertEquals(error_detail, "the program has ended with exit code 3: Error: lost session_*** for good");
  assertEquals(opened.remote.get(id).restarts, 0);
});

Deno.test("an instance for one session, and one that has shut down, are stopped when they end", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const crashed = await opened.remote.start({ project: "web", name: "crash", spawn_mode: "session" });
  await opened.whenStatus(crashed.id, "stopped");
  const shutDown = await opened.remote.start({ project: "api", name: "shutdown" });
  const { intentional_stop } = await opened.whenStatus(shutDown.id, "stopped");
  assertEquals(intentional_stop, false);
});

Deno.test("an instance that crashes is started again where that is configured", async () => {
  await using world = await remoteWorld();
  await using opened = world.open({ restartsOnCrash: true });
  const { id } = await startReady(opened, { project: "web" });
  Deno.kill(opened.remote.get(id).pid ?? 0, "SIGKILL");
  await opened.whenStatus(id, "crashed");
  const again = await opened.whenStatus(id, "running");
  assertEquals(again.restarts, 1);
});

Deno.test("stop() kills an instance that does not end, with all that it has started", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const { id, pid } = await startReady(opened, { project: "web", name: "deaf child" });
  const child = await pidOfChild(world, id);
  assert(isAlive(child));
  assertEquals((await opened.remote.stop(id)).status, "stopped");
  await waitFor("the end of both", () => !isAlive(child) && !isAlive(pid));
});

Deno.test("resume() starts an instance as it was started before", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const params = { project: "api", name: "mine", permission_mode: "bypassPermissions", spawn_mode: "session" } as const;
  const { id } = await startReady(opened, { ...params, confirm: "api" });
  await assertRejects(() => opened.remote.resume(id, { confirm: "api" }), RequestError, "running already");
  await opened.remote.stop(id);
  const error = await assertRejects(() => opened.remote.resume(id), RequestError, "repeat the project's name");
  assertEquals(error.kind, "refused");
  const resumed = await opened.remote.resume(id, { confirm: "api" });
  assertEquals([resumed.status, resumed.intentional_stop, resumed.url], ["starting", false, null]);
  const { permission_mode, spawn_mode } = await opened.whenStatus(id, "running");
  assertEquals([permission_mode, spawn_mode], ["bypassPermissions", "session"]);
});

Deno.test("forget() removes an instance that does not run, and its log", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const { id } = await startReady(opened, { project: "web" });
  await assertRejects(() => opened.remote.forget(id), RequestError, "stop it first");
  await opened.remote.stop(id);
  await assertRejects(() => opened.remote.forget(id.slice(0, 8)), RequestError, "there is no instance");
  const removed: unknown[] = [];
  using _watching = opened.topics.watch(["instances"], (notice) => void removed.push(notice));
  await opened.remote.forget("web");
  assertEquals(removed, [{ topic: "instances", removed: id }]);
  assertEquals(opened.remote.list(), []);
  assertEquals(await Array.fromAsync(Deno.readDir(`${world.home}/remote`)), []);
});

Deno.test("the log of an instance shows whole lines of its debug file and its errors, masked", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const { id } = await startReady(opened, { project: "web", name: "secrets" });
  const text = await waitFor("the line", async () => {
    const text = await logOf(opened, id);
    return text.includes("in red") ? text : undefined;
  });
  assertStringIncludes(text, "Authorization: Bearer *** and sk-*** in red\n");
  assertStringIncludes(text, "Starting poll loop spawnMode=same-dir environmentId=env_***\n");
  const { mode } = await Deno.stat(`${world.home}/remote/${id}`);
  assertEquals((mode ?? 0) & 0o777, 0o700);
});

Deno.test("qr() draws the link to the session", async () => {
  await using world = await remoteWorld();
  await using opened = world.open();
  const { id } = await opened.remote.start({ project: "web", name: "silent" });
  await assertRejects(() => opened.remote.qr(id), RequestError, "no link yet");
  await opened.remote.stop(id);
  const ready = await startReady(opened, { project: "web" });
  const { svg, url } = await opened.remote.qr(ready.id);
  assertEquals(url, "https://claude.ai/code/session_01StandInSession?from=cli");
  assertMatch(svg, /^<svg .*<\/svg>$/s);
});

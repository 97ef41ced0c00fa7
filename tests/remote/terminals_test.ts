import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { RequestError } from "../../lib/system/request_error.ts";
import { leapingClock } from "../helpers/leaping_clock.ts";
import { remoteWorld } from "../helpers/remote.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

async function tmux(socket: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("tmux", { args: ["-S", socket, ...args], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("start() in the mode pty opens a terminal of its own, which is ready when it shows the link", async () => {
  await using world = await remoteWorld();
  await using opened = world.open({ mode: "pty" });
  const { id, mode, spawn_mode } = await opened.remote.start({ project: "web" });
  assertEquals([mode, spawn_mode], ["pty", null]);
  const running = await opened.whenStatus(id, "running");
  assertEquals(running.session_url, "https://claude.ai/code/session_01StandInSession?from=cli");
  assertEquals([running.unconfirmed, running.environment_id], [undefined, null]);
  assertEquals(await tmux(world.tmuxSocket, "list-sessions", "-F", "#{session_name}"), "claustrum-remote-web");
  const other = await opened.remote.start({ project: "web" });
  assert(other.created && other.id !== id);
  const stopped = await opened.remote.stop(id);
  assertEquals([stopped.status, isAlive(running.pid ?? 0)], ["stopped", false]);
  await opened.whenStatus(other.id, "running");
  await opened.remote.stop(other.id);
  assertEquals(await tmux(world.tmuxSocket, "list-sessions"), "");
});

Deno.test("a terminal that shows no link counts as ready after 30 seconds, unconfirmed", async () => {
  await using world = await remoteWorld();
  const clock = leapingClock();
  await using opened = world.open({ mode: "pty" }, clock);
  const { id } = await opened.remote.start({ project: "web", name: "linkless" });
  await waitFor("its process", () => opened.remote.get(id).pid);
  clock.leap(30_000);
  const running = await opened.whenStatus(id, "running");
  assertEquals([running.unconfirmed, running.session_url], [true, null]);
  await opened.remote.stop(id);
});

Deno.test("resume() in the mode pty goes on with the conversation, whatever the configuration says by then", async () => {
  await using world = await remoteWorld();
  let id = "";
  {
    await using opened = world.open({ mode: "pty" });
    id = (await opened.remote.start({ project: "web" })).id;
    await opened.whenStatus(id, "running");
    await opened.remote.stop(id);
  }
  await using opened = world.open({ mode: "standard" });
  assertEquals((await opened.remote.resume(id)).mode, "pty");
  await opened.whenStatus(id, "running");
  assertStringIncludes(await tmux(world.tmuxSocket, "capture-pane", "-p", "-t", "=claustrum-remote-web:"), "continued");
  await opened.remote.stop(id);
});

Deno.test("an instance in a terminal that ends by itself has crashed, with its last screen", async () => {
  await using world = await remoteWorld();
  await using opened = world.open({ mode: "pty" });
  const { id } = await opened.remote.start({ project: "web" });
  const { pid } = await opened.whenStatus(id, "running");
  Deno.kill(pid ?? 0, "SIGTERM");
  const { error_detail } = await opened.whenStatus(id, "crashed");
  // tmux does not always know the exit code.
  assertMatch(error_detail ?? "", /^the program has ended(?: with exit code 143)?: /);
  assertStringIncludes(error_detail ?? "", "https://claude.ai/code/session_***");
  assertEquals(await tmux(world.tmuxSocket, "list-sessions"), "");
});

Deno.test("start() in the mode pty is a conflict without tmux", async () => {
  await using world = await remoteWorld({ env: { PATH: "/nowhere" } });
  await using opened = world.open();
  const error = await assertRejects(
    () => opened.remote.start({ project: "web", mode: "pty" }),
    RequestError,
    "needs tmux, which is missing",
  );
  assertEquals(error.kind, "conflict");
});

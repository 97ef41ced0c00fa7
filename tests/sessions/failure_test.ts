import { assert, assertEquals } from "@std/assert";
import { ask, sessionWorld } from "../helpers/sessions.ts";

Deno.test("a session whose launch fails before the spawn is in error, and can be started again", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "hello" });
  await sessions.whenIdle(id);
  await sessions.stop(id);
  const directory = `${world.home}/.claude/sessions`;
  await Deno.rename(directory, `${directory}.kept`);
  await Deno.symlink("sessions", directory);
  const copy = await sessions.fork(id);
  assertEquals(copy.status, "error");
  assert(copy.error!.startsWith("the agent could not be started: "), copy.error);
  assertEquals(world.errors.splice(0).length, 1);
  assertEquals((await sessions.stop(copy.id)).status, "error");
  await Deno.remove(directory);
  await sessions.resume(copy.id);
  await ask(sessions, copy.id, "again");
});

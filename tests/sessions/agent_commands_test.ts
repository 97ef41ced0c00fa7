import { assertEquals } from "@std/assert";
import { readCommandNames, readCommands } from "../../lib/sessions/agent_commands.ts";
import { sessionWorld } from "../helpers/sessions.ts";

Deno.test("readCommands() reads the commands that have a name, and what is known about each", () => {
  const commands = [{ name: "a", description: "b", argumentHint: "" }, { name: "c", argumentHint: "[d]" }, null, {}];
  assertEquals(readCommands({ commands }), [{ name: "a", description: "b" }, { name: "c", argument_hint: "[d]" }]);
  assertEquals([readCommands({}), readCommands(undefined)], [undefined, undefined]);
});

Deno.test("readCommandNames() reads the names in an event, and nothing from another one", () => {
  assertEquals(readCommandNames({ slash_commands: ["a", 1] }), [{ name: "a" }]);
  assertEquals([readCommandNames(null), readCommandNames({})], [[], []]);
});

Deno.test("commands() has what the agent told, also for a keeper that comes later", async () => {
  await using world = await sessionWorld();
  let id: string;
  let names: string[];
  {
    await using sessions = await world.open();
    ({ id } = await sessions.start({ path: world.work, prompt: "hello" }));
    await sessions.whenIdle(id);
    names = sessions.commands(id).map(({ name }) => name);
  }
  await using later = await world.open();
  assertEquals(later.commands(id).map(({ name }) => name), names);
  assertEquals(names.length > 0, true);
  await later.kill(id);
});

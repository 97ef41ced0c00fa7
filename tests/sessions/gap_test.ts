import { assert, assertEquals } from "@std/assert";
import { allEvents, answers, ask, sessionWorld } from "../helpers/sessions.ts";
import { waitFor } from "../helpers/wait.ts";

/** More than the daemon's replay buffer of a process holds. */
const FLOOD = "burst 40000 500";

Deno.test("sessions go on after a gap that swallowed the end of the turn, with what the transcript has", async () => {
  await using world = await sessionWorld();
  let id = "";
  {
    await using sessions = await world.open();
    ({ id } = await sessions.start({ path: world.work, prompt: FLOOD }));
    await waitFor("the beginning", () => allEvents(sessions, id).some(({ type }) => type === "assistant"));
  }
  await waitFor("the end of the flood", async () => (await world.agent.outputLog()).includes('"type":"result"'));
  await using sessions = await world.open();
  assertEquals((await sessions.whenIdle(id)).status, "idle");
  const isSaid = ({ type }: { type: string }) => type === "assistant";
  await waitFor("the transcript", () => sessions.lastEvent > 40_000);
  const events = allEvents(sessions, id);
  assertEquals(events.filter(({ type }) => type === "gap").length, 1);
  const uuids = events.map(({ payload }) => (payload as { uuid?: string }).uuid).filter((uuid) => uuid !== undefined);
  assertEquals(new Set(uuids).size, uuids.length, "an event was stored twice");
  assertEquals(events.filter(isSaid).length, 40_001);
  await ask(sessions, id, "after");
  assert(answers(sessions, id).includes("echo: after"));
});

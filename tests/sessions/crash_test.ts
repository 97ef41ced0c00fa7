import { assert } from "@std/assert";
import { checkExactlyOnce, runKeeper } from "../helpers/keeper.ts";
import { seededRandom } from "../helpers/random.ts";
import { sessionWorld } from "../helpers/sessions.ts";

const PROMPTS = ["one", "tool Bash echo hi", "burst 20 200", "split x", "last"];
/** At which steps the program is killed; `deno task crash` takes all of them. */
const EVERY = 40;
const STEPS = 560;

for (let step = 1; step < STEPS; step += EVERY) {
  Deno.test(`sessions lose and double nothing when their keeper is killed at step ${step}`, async () => {
    await using world = await sessionWorld();
    await runKeeper(world, PROMPTS, { killAt: step });
    await runKeeper(world, PROMPTS);
    await checkExactlyOnce(world, PROMPTS);
  });
}

Deno.test("sessions lose and double nothing when their keeper is killed again and again", async () => {
  await using world = await sessionWorld();
  const random = seededRandom(1);
  let kills = 0;
  while ((await runKeeper(world, PROMPTS, { killAt: 20 + Math.floor(random() * 150) })).wasKilled) kills++;
  assert(kills > 1, "it was not killed in the middle");
  await checkExactlyOnce(world, PROMPTS);
});

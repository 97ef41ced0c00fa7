import { assertEquals, assertStringIncludes } from "@std/assert";
import { isThere } from "../../lib/system/private_files.ts";
import type { Step } from "./sessions.ts";
import { checkStored } from "./stored_check.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** How often the hub is killed at a time that nothing chooses. */
const KILLS = 6;

/** Kills with SIGKILL, after which nothing is lost or doubled. */
export const KILL_STEPS: readonly Step[] = [
  ["the hub killed with -9 during a turn that it sees the end of", async (world) => {
    const { id } = await world.start("kill-turn");
    const prompt = await world.begin(id, "slow 60 50");
    await world.killHub();
    await world.startHub();
    assertStringIncludes(await world.done(id, prompt), "60 ");
    assertEquals(await world.ask(id, "echo on"), "echo: on");
    await checkStored(world, id);
  }],
  ["the hub killed with -9 during a turn that ends meanwhile", async (world) => {
    const { id } = await world.start("kill-turn-end");
    const prompt = await world.begin(id, "slow 20 50");
    const queued = await world.send(id, "echo queued");
    await world.killHub();
    await pause(1_500);
    await world.startHub();
    assertStringIncludes(await world.done(id, prompt), "20 ");
    assertEquals(await world.done(id, queued), "echo: queued");
    await checkStored(world, id);
  }],
  ["the hub killed with -9 while a permission waits, and right after the answer", async (world) => {
    const { id, path } = await world.start("kill-ask");
    const prompt = await world.send(id, "tool Bash touch marker");
    const { id: permission_id } = await world.question(id);
    await world.killHub();
    await world.startHub();
    assertEquals((await world.question(id)).id, permission_id);
    await world.call("permission.answer", { permission_id, decision: "allow" });
    await world.killHub();
    await world.startHub();
    assertStringIncludes(await world.done(id, prompt), "ran: ");
    assertEquals(await isThere(`${path}/marker`), true);
    await checkStored(world, id);
  }],
  [`the hub killed with -9 ${KILLS} times at any time, during many turns`, async (world) => {
    const { id } = await world.start("kill-any");
    const sent: string[] = [];
    for (let i = 0; i < KILLS; i++) {
      for (const j of [1, 2, 3]) sent.push(await world.send(id, `slow ${i * 3 + j} 20`));
      await pause(Math.random() * 400);
      await world.killHub();
      await world.startHub();
    }
    for (const prompt of sent) await world.done(id, prompt);
    const { prompts } = world.model.calls.findLast(({ sessionId }) => sessionId !== "")!;
    assertEquals(prompts, sent.map((_, i) => `slow ${i + 1} 20`));
    await checkStored(world, id);
  }],
  ["the daemon killed with -9 during a turn, then resumed", async (world) => {
    const { id } = await world.start("kill-daemon");
    await world.ask(id, "echo alpha");
    const prompt = await world.begin(id, "slow 100 20");
    await world.killDaemon();
    await world.until(id, "the loss", ({ status }) => status === "stopped" || status === "error");
    await world.startHub();
    const resumed = await world.call("session.resume", { session_name: id });
    assertEquals(resumed.status, "idle");
    await world.event(
      id,
      "the prompt's end",
      ({ type, subtype, payload }) =>
        type === "prompt" && subtype === "done" && (payload as { prompt_id: string }).prompt_id === prompt,
    );
    assertEquals(await world.ask(id, "recall"), "echo alpha | slow 100 20");
    await checkStored(world, id);
  }],
];

import { assertEquals, assertStringIncludes } from "@std/assert";
import { openTerminal, type TestTerminal } from "../helpers/terminal.ts";
import { waitFor } from "../helpers/wait.ts";
import type { HubWorld } from "./hub_world.ts";
import type { Step } from "./sessions.ts";
import { checkStored } from "./stored_check.ts";

/** Terminals, in which a person types. */
export const TERMINAL_STEPS: readonly Step[] = [
  ["attach, a turn by hand, detach, a turn that knows it", async (world) => {
    const { id, claude_session_id } = await world.start("attach");
    await world.ask(id, "echo alpha");
    {
      await using terminal = await attach(world, id);
      await shows(terminal, "echo alpha");
      await say(terminal, "echo beta", "echo: beta");
      await leave(world, id, terminal);
    }
    assertEquals(await world.ask(id, "echo gamma"), "echo: gamma");
    const { prompts, text, sessionId } = world.model.calls.at(-1)!;
    assertEquals([prompts, sessionId], [["echo alpha", "echo beta", "echo gamma"], claude_session_id]);
    assertStringIncludes(text, "echo: beta");
    await checkStored(world, id);
  }],
  ["/clear in the terminal, after which the session goes on in the other conversation", async (world) => {
    const { id, claude_session_id } = await world.start("clear");
    await world.ask(id, "echo alpha");
    {
      await using terminal = await attach(world, id);
      await shows(terminal, "echo alpha");
      await say(terminal, "echo before", "echo: before");
      await say(terminal, "/clear", "");
      await say(terminal, "echo after", "echo: after");
      await leave(world, id, terminal);
    }
    assertEquals(await world.ask(id, "recall"), "echo after");
    const { claude_session_id: now } = await world.call("session.get", { session_name: id });
    assertEquals(now === claude_session_id, false);
    await checkStored(world, id, [claude_session_id, now]);
  }],
  ["a terminal that outlives a kill of the hub", async (world) => {
    const { id } = await world.start("attach-kill");
    await world.ask(id, "echo alpha");
    {
      await using terminal = await attach(world, id);
      await shows(terminal, "echo alpha");
      await world.killHub();
      await say(terminal, "echo beta", "echo: beta");
      await world.startHub();
      assertEquals((await world.call("session.get", { session_name: id })).mode, "interactive");
      await terminal.type("-l", "/exit");
      await new Promise((resolve) => setTimeout(resolve, 500));
      await terminal.type("Enter");
      await world.until(id, "idle", ({ mode, status }) => mode === "subprocess" && status === "idle");
    }
    assertEquals(await world.ask(id, "recall"), "echo alpha | echo beta");
    await checkStored(world, id);
  }],
];

async function attach(world: HubWorld, id: string): Promise<TestTerminal> {
  const { tmux_session, tmux_socket } = await world.call("session.attach", { session_name: id });
  return await openTerminal(`env -u TMUX tmux -S '${tmux_socket}' attach -t '=${tmux_session}'`, {
    columns: 120,
    lines: 40,
  });
}

async function shows(terminal: TestTerminal, text: string): Promise<void> {
  try {
    await waitFor(`"${text}" on the screen`, async () => (await terminal.screen()).includes(text), 20_000);
  } catch (error) {
    console.error(await terminal.screen());
    throw error;
  }
}

async function say(terminal: TestTerminal, text: string, answer: string): Promise<void> {
  await terminal.type("-l", text);
  await shows(terminal, text);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await terminal.type("Enter");
  await new Promise((resolve) => setTimeout(resolve, 500));
  await shows(terminal, answer);
}

/** Detaches as a person does. */
async function leave(world: HubWorld, id: string, terminal: TestTerminal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await terminal.type("C-b", "d");
  await world.until(
    id,
    "the return from the terminal",
    ({ mode, status }) => mode === "subprocess" && status === "idle",
  );
}

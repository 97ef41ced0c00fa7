import { assertEquals } from "@std/assert";
import { openSessions } from "../../lib/sessions/mod.ts";
import type { KeeperArgument } from "../programs/session_keeper.ts";
import { allEvents, readPrompts, type SessionWorld, storedMessages, writtenMessages } from "./sessions.ts";

const PROGRAM = new URL("../programs/session_keeper.ts", import.meta.url).pathname;

/** What became of a program that keeps sessions. */
export interface KeeperOutcome {
  /** Whether it was killed. */
  readonly wasKilled: boolean;
  /** How many steps it took, if it finished. */
  readonly steps: number;
}

/** Runs the program once. */
export async function runKeeper(
  world: SessionWorld,
  prompts: readonly string[],
  killAt?: number,
): Promise<KeeperOutcome> {
  const { onError: _, ...options } = world.options();
  const argument: KeeperArgument = { options, path: world.work, prompts, ...(killAt === undefined ? {} : { killAt }) };
  const args = ["run", "-A", "--quiet", "--no-prompt", PROGRAM, JSON.stringify(argument)];
  const { signal, code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (signal === "SIGKILL") return { wasKilled: true, steps: 0 };
  const errors = new TextDecoder().decode(stderr);
  if (code !== 0 || errors !== "") throw new Error(`the keeper failed at step ${killAt}: ${code} ${errors}`);
  return { wasKilled: false, steps: Number(new TextDecoder().decode(stdout)) };
}

/** Checks that the store has exactly what the agent wrote, and that the agent got each prompt once and in order. */
export async function checkExactlyOnce(world: SessionWorld, prompts: readonly string[]): Promise<void> {
  await using sessions = await openSessions(world.options());
  const [session] = sessions.list();
  const events = allEvents(sessions, session!.id);
  assertEquals(events.map(({ seq }) => seq), events.map((_, i) => i + 1), "a hole in the events");
  const stored = storedMessages(sessions, session!.id);
  assertEquals(stored, await writtenMessages(world.agent), "the events are not what the agent wrote");
  assertEquals(await readPrompts(world.agent), prompts);
  const done = events.filter(({ type, subtype }) => type === "prompt" && subtype === "done");
  assertEquals(done.length, prompts.length, "not every prompt is done");
}

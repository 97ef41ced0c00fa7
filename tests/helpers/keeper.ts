import { assertEquals } from "@std/assert";
import { openSessions } from "../../lib/sessions/mod.ts";
import type { KeeperArgument } from "../programs/session_keeper.ts";
import { allEvents, readPrompts, type SessionWorld, storedMessages, writtenMessages } from "./sessions.ts";

const PROGRAM = new URL("../programs/session_keeper.ts", import.meta.url).pathname;

/** How the program is run. */
export interface KeeperOptions {
  /** At which step it kills itself. @default {never} */
  readonly killAt?: number;
  /** How long after its beginning it is killed, in milliseconds. @default {never} */
  readonly killAfterMs?: number;
  /** How many sessions it keeps. @default {1} */
  readonly count?: number;
}

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
  { killAt, killAfterMs, count = 1 }: KeeperOptions = {},
): Promise<KeeperOutcome> {
  const { onError: _, ...options } = world.options();
  const argument: KeeperArgument = {
    ...{ options, path: world.work, prompts, count },
    ...(killAt === undefined ? {} : { killAt }),
  };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-prompt", PROGRAM, JSON.stringify(argument)],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let [printed, timer] = ["", 0];
  const reading = child.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({
      write(text) {
        if (printed === "" && killAfterMs !== undefined) timer = Number(setTimeout(kill, killAfterMs));
        printed += text;
      },
    }),
  );
  const kill = () => child.kill("SIGKILL");
  const [{ code, signal }, errors] = await Promise.all([child.status, new Response(child.stderr).text(), reading]);
  clearTimeout(timer);
  if (signal === "SIGKILL") return { wasKilled: true, steps: 0 };
  if (code !== 0 || errors !== "") throw new Error(`the keeper failed at step ${killAt}: ${code} ${errors}`);
  return { wasKilled: false, steps: Number(printed.split("\n").at(-2)) };
}

/** Checks that the store has exactly what the agents wrote, and that each got each prompt once and in order. */
export async function checkExactlyOnce(world: SessionWorld, prompts: readonly string[], count = 1): Promise<void> {
  await using sessions = await openSessions(world.options());
  assertEquals(sessions.list().length, count, "not every session is there, or one is there twice");
  for (const { id, claude_session_id } of sessions.list()) {
    const events = allEvents(sessions, id);
    assertEquals(events.map(({ seq }) => seq), events.map((_, i) => i + 1), "a hole in the events");
    const written = await writtenMessages(world.agent, claude_session_id);
    assertEquals(storedMessages(sessions, id), written, "the events are not what the agent wrote");
    assertEquals(await readPrompts(world.agent, claude_session_id), prompts);
    const done = events.filter(({ type, subtype }) => type === "prompt" && subtype === "done");
    assertEquals(done.length, prompts.length, "not every prompt is done");
  }
}

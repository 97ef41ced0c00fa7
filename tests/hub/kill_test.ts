import { assertEquals } from "@std/assert";
import { connectHub } from "../../lib/hub/connect_hub.ts";
import type { SessionEvent } from "../../lib/sessions/types.ts";
import { readLockRecord } from "../../lib/system/lock_file.ts";
import { claustrum } from "../helpers/command.ts";
import { sessionWorld } from "../helpers/sessions.ts";
import { waitFor } from "../helpers/wait.ts";

/** During each of these prompts, the hub is killed. */
const PROMPTS = ["burst 500 300", "burst 20 20000", "slow 30 10"];

/** Sends a prompt over a connection of its own. */
async function send(state: string, session: string, prompt: string): Promise<void> {
  const token = (await Deno.readTextFile(`${state}/hub.token`)).trim();
  await using client = await connectHub({ socket: `${state}/hub.sock`, token });
  await client.call("prompt.send", { session_name: session, prompt });
}

Deno.test("a follower gets every event of a real session once, however often the hub is killed", async () => {
  await using world = await sessionWorld();
  const state = `${world.home}/hub`;
  const config = `${world.home}/hub.toml`;
  const text = `daemon.socket = ${JSON.stringify(world.daemon.socket)}\n[agent]\nbinary = ` +
    `${JSON.stringify(world.agent.program)}\n[sessions]\npolicy = "allow"\n[projects.${JSON.stringify(world.work)}]\n` +
    "allow_bypass_permissions = true\n";
  await Deno.writeTextFile(config, text);
  const start = async () => {
    const { code, stderr } = await claustrum(world.home, [
      "hub",
      "start",
      "--no-web",
      "--state-dir",
      state,
      "--config",
      config,
    ]);
    assertEquals([code, stderr], [0, ""]);
  };
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => void await claustrum(world.home, ["hub", "stop", "--sessions", "--state-dir", state]));
  await start();
  const token = (await Deno.readTextFile(`${state}/hub.token`)).trim();
  const client = stack.use(await connectHub({ socket: `${state}/hub.sock`, token }));
  const events: SessionEvent[] = [];
  const end = new AbortController();
  const following = (async () => {
    for await (const message of client.follow({ after: 0, signal: end.signal })) {
      if (message.type === "event") events.push(message.event);
    }
  })();
  const { id } = await client.call("session.start", { path: world.work, policy: "allow", confirm: "work" });
  for (const prompt of PROMPTS) {
    const before = events.length;
    await send(state, id, prompt);
    await waitFor("the beginning of the answer", () => events.length > before + 10);
    Deno.kill(readLockRecord(`${state}/hub.lock`)!.pid, "SIGKILL");
    await start();
  }
  await send(state, id, "last");
  const results = () => events.filter(({ type }) => type === "result").length;
  await waitFor("all answers", () => results() > PROMPTS.length);
  end.abort();
  await following;
  assertEquals(events.map((event) => event.id), events.map((_, i) => i + 1));
  assertEquals(events.map((event) => event.seq), events.map((_, i) => i + 1));
  assertEquals(results(), PROMPTS.length + 1);
});

import { connectHub } from "../../lib/hub/connect_hub.ts";
import type { HubClient } from "../../lib/hub/hub_client.ts";
import type { SessionEvent } from "../../lib/sessions/types.ts";
import { cuttingProxy } from "../helpers/cutting_proxy.ts";
import { type SessionHome, sessionHome } from "../helpers/session_home.ts";
import { waitFor } from "../helpers/wait.ts";
import { say } from "./say.ts";

const NAME = "web";
const STATE = ".local/state/claustrum";
/** How many bytes a connection of the watcher lasts. */
const LIFE_BYTES = 9_000;
const PROMPTS = {
  "write a long report": "burst 30 300",
  "run the tests": `tool Bash {"command":"echo 12 tests passed"}`,
};
const CONFIG = `agent.env = { STAND_IN_PROMPTS = '${JSON.stringify(PROMPTS)}' }\n`;

/** Who follows the events of all sessions over connections that are cut. */
interface Watcher extends AsyncDisposable {
  /** The events it has seen. */
  readonly seen: readonly SessionEvent[];
}

function watch(hub: HubClient): Watcher {
  const seen: SessionEvent[] = [];
  const ending = new AbortController();
  const following = (async () => {
    for await (const message of hub.follow({ after: 0, signal: ending.signal })) {
      if (message.type === "event") seen.push(message.event);
    }
  })();
  return {
    seen,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await following;
      await hub[Symbol.asyncDispose]();
    },
  };
}

/**
 * Shows that a watcher sees each event of a session once. The agent is a stand-in, which needs no account.
 *
 * @returns Whether no event is missing or seen twice.
 */
export async function sessionDemo(): Promise<boolean> {
  await using home = await sessionHome(CONFIG);
  say("1. A session starts, and with it the hub and the daemon. No network is used.");
  await home.session("start", home.work, "--name", NAME, "--trust");
  const first = home.hubPid();
  console.log(`  session ${NAME} in ${home.work}; the hub has pid ${first}`);

  say(`2. Somebody watches it over a line that breaks every ${LIFE_BYTES} bytes.`);
  await using proxy = await cuttingProxy(`${home.path}/${STATE}/hub.sock`, () => LIFE_BYTES);
  const token = (await Deno.readTextFile(`${home.path}/${STATE}/hub.token`)).trim();
  await using watcher = watch(await connectHub({ socket: proxy.socket, token }));
  await home.session("send", NAME, "write a long report", "--wait");
  const last = await lastEvent(home);
  await waitFor("the report to be seen", () => watcher.seen.at(-1)?.id === last);
  console.log(`  ${watcher.seen.length} events seen, ${proxy.cuts} connections cut`);

  say("3. The agent asks for a permission. Then the hub is killed with -9; the agent does not notice.");
  await home.session("send", NAME, "run the tests");
  await home.whenStatus(NAME, "waiting_permission");
  Deno.kill(first, "SIGKILL");
  console.log(`  hub ${first} is gone`);

  say("4. The next hub knows the question, and a person answers it.");
  await home.run(["hub", "start", "--no-web"]);
  console.log(`  hub ${home.hubPid()} is up`);
  console.log(indented(await home.session("approve", NAME)));
  await home.whenStatus(NAME, "idle");

  say("5. What the watcher has seen is what is stored.");
  const stored = await storedEvents(home);
  await waitFor("the watcher to see the end", () => watcher.seen.at(-1)?.id === stored.at(-1)!.id);
  const isWhole = watcher.seen.map(({ id }) => id).join() === stored.map(({ id }) => id).join();
  console.log(
    `  ${stored.length} events are stored, ${watcher.seen.length} were seen over ${proxy.cuts + 1} connections`,
  );
  console.log(isWhole ? "  each was seen once, and in order" : "  SOME ARE MISSING OR SEEN TWICE");
  return isWhole;
}

async function storedEvents(home: SessionHome): Promise<SessionEvent[]> {
  return JSON.parse(await home.session("events", NAME, "--json"));
}

async function lastEvent(home: SessionHome): Promise<number> {
  const { last_event: last } = await home.json("show", NAME);
  return last;
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, "  ");
}

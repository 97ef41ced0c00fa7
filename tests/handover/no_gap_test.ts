import { assert, assertEquals } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { homeOfMany, serveAt } from "../helpers/handover.ts";
import type { TestHome } from "../helpers/home.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";
import { type CallReport, CLIENT_COUNT, MIN_REPLIES } from "../programs/repeated_calls.ts";

const HAND_OVERS = 3;
/**
 * The largest number of connections that may be closed without a reply. For each client and hand-over, one is open when
 * the daemon retires, one is opened before the new daemon serves, and one has the former token.
 */
const MAX_HANG_UPS = 3 * CLIENT_COUNT * HAND_OVERS;

/** Starts a program that calls the daemon without a pause; `stop` returns its report. */
function startCalls(home: TestHome, ...token: string[]): { stop(): Promise<CallReport> } {
  const program = new URL("../programs/repeated_calls.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", program, home.socket, ...token],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  return {
    async stop() {
      await child.stdin.close();
      const { stdout } = await soon("the calls to end", child.output());
      return JSON.parse(new TextDecoder().decode(stdout));
    },
  };
}

/** Hands over several times while clients call the daemon, and waits until every retired daemon has ended. */
async function handOverDuringCalls(home: TestHome, flags: () => Promise<string[]>, ...token: string[]) {
  const pids = [await serveAt(home, ...await flags())];
  const calls = startCalls(home, ...token);
  for (let i = 0; i < HAND_OVERS; i++) pids.push(await serveAt(home, "--replace", "--handover", ...await flags()));
  const [serving, ...retired] = pids.toReversed();
  assert(isAlive(serving!));
  await waitFor("the retired daemons to end", () => !retired.some(isAlive));
  const report = await calls.stop();
  await claustrum(home.path, ["stop", "--all", "--socket", home.socket]);
  return report;
}

function assertNothingRefused({ connections, succeeded, hangUps, refusals, failures }: CallReport): void {
  assertEquals({ refusals, failures }, { refusals: {}, failures: {} });
  assert(succeeded >= MIN_REPLIES, `${succeeded} results over ${connections} connections`);
  assert(hangUps <= MAX_HANG_UPS, `${hangUps} of ${connections} connections were closed without a reply`);
}

Deno.test("no call is refused and no connection fails when the daemon hands over three times", async () => {
  await using home = await homeOfMany();
  const flags = async () => {
    await Deno.writeTextFile(`${home.path}/token`, "the same");
    return ["--token-file", `${home.path}/token`];
  };
  assertNothingRefused(await handOverDuringCalls(home, flags, "the same"));
});

Deno.test("no call with the token from daemon.token is refused when three handovers change it", async () => {
  await using home = await homeOfMany();
  assertNothingRefused(await handOverDuringCalls(home, () => Promise.resolve([])));
});

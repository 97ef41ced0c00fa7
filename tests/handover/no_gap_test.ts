import { assert, assertEquals } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { homeOfMany, serveAt } from "../helpers/handover.ts";
import type { TestHome } from "../helpers/home.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";
import { CLIENTS, ENOUGH, type HammerReport } from "./hammer.ts";

const HAND_OVERS = 3;
/** One is open when the daemon retires, one is opened before the next daemon serves, one has the former token. */
const MOST_HANG_UPS = 3 * CLIENTS * HAND_OVERS;

/** Calls the daemon without a pause from a program of its own; `stop` returns the results. */
function startHammer(home: TestHome, ...token: string[]): { stop(): Promise<HammerReport> } {
  const program = new URL("./hammer.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", program, home.socket, ...token],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  return {
    async stop() {
      await child.stdin.close();
      const { stdout } = await soon("the hammer to end", child.output());
      return JSON.parse(new TextDecoder().decode(stdout));
    },
  };
}

/** Hands over several times while a hammer runs, and waits until every retired daemon has ended. */
async function handOverUnderFire(home: TestHome, flags: () => Promise<string[]>, ...token: string[]) {
  const pids = [await serveAt(home, ...await flags())];
  const hammer = startHammer(home, ...token);
  for (let i = 0; i < HAND_OVERS; i++) pids.push(await serveAt(home, "--replace", "--handover", ...await flags()));
  const [serving, ...retired] = pids.toReversed();
  assert(isAlive(serving!));
  await waitFor("the retired daemons to end", () => !retired.some(isAlive));
  const report = await hammer.stop();
  await claustrum(home.path, ["stop", "--all", "--socket", home.socket]);
  return report;
}

function assertNothingRefused({ connections, answered, hangUps, refusals, failures }: HammerReport): void {
  assertEquals({ refusals, failures }, { refusals: {}, failures: {} });
  assert(answered >= ENOUGH, `${answered} answers over ${connections} connections`);
  assert(hangUps <= MOST_HANG_UPS, `${hangUps} of ${connections} connections were closed without an answer`);
}

Deno.test("no call is refused and no connection fails when the daemon hands over three times", async () => {
  await using home = await homeOfMany();
  const flags = async () => {
    await Deno.writeTextFile(`${home.path}/token`, "the same");
    return ["--token-file", `${home.path}/token`];
  };
  assertNothingRefused(await handOverUnderFire(home, flags, "the same"));
});

Deno.test("no call with the token from daemon.token is refused when three handovers change it", async () => {
  await using home = await homeOfMany();
  assertNothingRefused(await handOverUnderFire(home, () => Promise.resolve([])));
});

/**
 * Kills the keeper of sessions with SIGKILL, and sees that nothing is lost or doubled: at every step of a session's
 * life, and at random instants while several agents stream. `deno task crash [--all] [--random N] [--seed N]`; a
 * finding names what repeats it: `--step N`, or the seed.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { checkExactlyOnce, runKeeper } from "../helpers/keeper.ts";
import { seededRandom } from "../helpers/random.ts";
import { sessionWorld } from "../helpers/sessions.ts";
import { refuseUnknown } from "../helpers/task_arguments.ts";

const PROMPTS = ["one", "tool Bash echo hi", "burst 20 200", "split x", "last"];
/** A session's life takes some more or fewer steps, as the agent's output happens to be cut. */
const STEPS = 560;
/** What several agents do while their keeper is killed. */
const LOAD = ["burst 300 2000", "slow 30 10", "tool Bash echo hi", "split x", "burst 1000 300", "stderr y", "last"];
const SESSIONS = 4;
/** How long the keeper lives at most before it is killed, in milliseconds. */
const LIFE_MS = 700;
/** After how many kills the agents are let finish, in any case. */
const MAX_KILLS = 25;

/** What was found so far. */
interface Report {
  kills: number;
  readonly findings: string[];
}

async function attempt(report: Report, name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    report.findings.push(name);
    console.error(`${name}: ${error instanceof Error ? error.stack : error}`);
  }
}

async function killAtStep(report: Report, killAt: number): Promise<void> {
  await attempt(report, `--step ${killAt}`, async () => {
    await using world = await sessionWorld();
    if ((await runKeeper(world, PROMPTS, { killAt })).wasKilled) report.kills++;
    await runKeeper(world, PROMPTS);
    await checkExactlyOnce(world, PROMPTS);
  });
}

/** Kills one keeper after the other until its agents have finished; returns how many. */
async function killUnderLoad(report: Report, seed: number, most: number): Promise<number> {
  const random = seededRandom(seed);
  let kills = 0;
  await attempt(report, `--random ${most} --seed ${seed}`, async () => {
    await using world = await sessionWorld();
    const next = () => kills < most ? { killAfterMs: random() * LIFE_MS, count: SESSIONS } : { count: SESSIONS };
    while ((await runKeeper(world, LOAD, next())).wasKilled) kills++;
    await checkExactlyOnce(world, LOAD, SESSIONS);
  });
  report.kills += kills;
  return kills;
}

async function main(): Promise<void> {
  const args = parseArgs(Deno.args, {
    boolean: ["all"],
    string: ["step", "random", "seed"],
    unknown: refuseUnknown("deno task crash [--all] [--step N] [--random N] [--seed N]"),
  });
  const seed = Number(args.seed ?? Math.floor(Math.random() * 1e9));
  const report: Report = { kills: 0, findings: [] };
  const steps = args.all ? Array.from({ length: STEPS }, (_, i) => i + 1) : args.step ? [Number(args.step)] : [];
  for (const step of steps) await killAtStep(report, step);
  let rest = Number(args.random ?? (steps.length === 0 ? 200 : 0));
  for (let i = 0; rest > 0; i++) rest -= Math.max(1, await killUnderLoad(report, seed + i, Math.min(rest, MAX_KILLS)));
  const { kills, findings } = report;
  console.log(`${kills} kills, seed ${seed}: ${findings.length === 0 ? "no finding" : findings.join("; ")}`);
  if (findings.length > 0) Deno.exit(1);
}

if (import.meta.main) await main();

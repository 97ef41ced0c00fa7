/**
 * Keeps 20 sessions on three machines at work, kills hubs, replaces daemons and cuts lines at random, and checks that no
 * event is lost or seen twice, and that nothing grows. `deno task hub-soak [--minutes N] [--seed N] [--calm]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { pick, seededRandom } from "../helpers/random.ts";
import { residentBytes } from "../helpers/resident.ts";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { waitFor } from "../helpers/wait.ts";
import { launchBrowser } from "../web/helpers/chromium.ts";
import { findDifferences } from "./check.ts";
import { openPage, type SoakPage } from "./page.ts";
import { answer, type Counts, sendPrompts, Watcher } from "./work.ts";
import { startWorld, type World } from "./world.ts";

/** How often something is killed, in milliseconds. */
const CHAOS_MS = { least: 3_000, most: 12_000 };
const REPORT_MS = 30_000;
/** How long all may take to come to rest, in milliseconds. */
const REST_MS = 180_000;
/** Of each this many acts, one replaces a daemon; the others kill a hub. */
const UPGRADE_EVERY = 8;

/** What was done to the machines. */
interface Chaos {
  kills: number;
  upgrades: number;
  reloads: number;
}

async function wreak(world: World, page: SoakPage, random: () => number, chaos: Chaos, isOver: () => boolean) {
  for (let acts = 1; !isOver(); acts++) {
    await new Promise((resolve) => setTimeout(resolve, CHAOS_MS.least + random() * (CHAOS_MS.most - CHAOS_MS.least)));
    const machine = pick(random, world.machines);
    if (acts % UPGRADE_EVERY === 0) {
      await machine.upgradeDaemon();
      chaos.upgrades++;
    } else if (random() < 0.15) {
      await page.reload();
      chaos.reloads++;
    } else {
      await machine.killHub();
      chaos.kills++;
    }
  }
}

/** Waits until every session has answered all of its prompts. */
async function rest({ machines }: World): Promise<void> {
  for (const machine of machines) {
    await using hub = await machine.connect();
    await waitFor(`the sessions of ${machine.host ?? "main"} to be idle`, async () => {
      const sessions = await hub.call("sessions.list", {});
      return sessions.filter(({ name }) => machine.sessions.includes(name)).every(({ status }) => status === "idle");
    }, REST_MS);
  }
}

/** Memory and descriptors of the hub and the daemon of each machine. */
function measure({ machines }: World): string {
  return machines.map(({ home, host }) =>
    `${host ?? "main"}: hub ${use(home.hubPid())}, daemon ${use(home.daemonPid())}`
  )
    .join("; ");
}

function use(pid: number): string {
  try {
    return `${residentBytes(pid) >> 20} MiB ${[...Deno.readDirSync(`/proc/${pid}/fd`)].length} fds`;
  } catch (error) {
    if (error instanceof Error) return "was just killed";
    throw error;
  }
}

const args = parseArgs(Deno.args, {
  string: ["minutes", "seed"],
  boolean: ["calm"],
  unknown: refuseUnknown("deno task hub-soak [--minutes N] [--seed N] [--calm]"),
}) as {
  minutes?: string;
  seed?: string;
  /** Whether nothing is killed, which shows what long lives need. */
  calm: boolean;
};
const minutes = Number(args.minutes ?? 30);
const seed = Number(args.seed ?? Math.floor(Math.random() * 1e9));
const random = seededRandom(seed);
console.log(`20 sessions on three machines for ${minutes} min, seed ${seed}`);

const browser = await launchBrowser();
const findings: string[] = [];
try {
  await using world = await startWorld();
  const main = world.machines[0]!;
  const counts: Counts = { prompts: 0, answers: 0 };
  const chaos: Chaos = { kills: 0, upgrades: 0, reloads: 0 };
  let [isOver, isAtRest] = [false, false];
  const answering: Promise<void>[] = [];
  await using watcher = new Watcher(await main.connect(), (id) => {
    answering.push(answer(main, id, counts, () => isAtRest));
  });
  const page = await openPage(browser, main);
  const report = setInterval(() => {
    const seen = [...watcher.seen.values()].reduce((sum, ids) => sum + ids.length, 0);
    const { prompts, answers } = counts;
    console.log(`  ${prompts} prompts, ${answers} answers, ${seen} events, ${chaos.kills} kills; ${measure(world)}`);
  }, REPORT_MS);
  const timer = setTimeout(() => isOver = true, minutes * 60_000);
  try {
    await Promise.all([
      sendPrompts(world.machines, random, counts, () => isOver),
      args.calm ? undefined : wreak(world, page, random, chaos, () => isOver),
    ]);
    await rest(world);
    const total = () => [...watcher.seen.values()].reduce((sum, ids) => sum + ids.length, 0);
    for (const machine of world.machines) {
      await waitFor(
        "the watcher to have seen all",
        async () => (await findDifferences(machine, watcher)).length === 0,
        30_000,
      )
        .catch(async () => void findings.push(...await findDifferences(machine, watcher)));
    }
    await page.showsAll(world).catch((error) => void findings.push(`the page: ${error.message}`));
    const { kills, upgrades, reloads } = chaos;
    console.log(`${counts.prompts} prompts, ${counts.answers} permissions answered, ${total()} events`);
    console.log(`${kills} hubs killed, ${upgrades} daemons replaced, ${reloads} reloads of the page`);
    console.log(`at the end: ${measure(world)}; page ${page.heapMiB()} MiB`);
  } finally {
    isAtRest = true;
    clearTimeout(timer);
    clearInterval(report);
    await Promise.all(answering);
  }
} finally {
  await browser.close();
}
for (const finding of findings) console.log(`BAD ${finding}`);
console.log(findings.length === 0 ? "nothing was lost or seen twice" : `seed ${seed}: ${findings.length} findings`);
if (findings.length > 0) Deno.exit(1);

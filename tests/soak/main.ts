/**
 * The soak test: clients spawn, stream, reattach, kill and disconnect at random, after which the daemon must not hold
 * more memory, descriptors or children than before. `deno task soak [--minutes N] [--seed N]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { LineClient } from "../helpers/line_client.ts";
import { pick, seededRandom } from "../helpers/random.ts";
import { residentBytes } from "../helpers/resident.ts";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { waitFor } from "../helpers/wait.ts";
import { SCENARIOS } from "./scenarios.ts";
import { Session } from "./session.ts";

const CLIENTS = 8;
/** The fraction of the time after which memory use should be stable. */
const WARM_UP = 0.4;
/** The largest valid ratio of memory use at the end to that after the warm-up. */
const MAX_GROWTH = 1.1;
const MARKER = "CLAUSTRUM_SOAK";
const REPORT_MS = 30_000;
/** How long the memory use of the idle daemon is sampled, in milliseconds. */
const REST_MS = 15_000;
const REST_SAMPLES = 15;

interface Totals {
  scenarios: number;
  bytes: number;
  losses: number;
}

async function client(daemon: TestDaemon, number: number, seed: number, mark: string, until: number, totals: Totals) {
  const random = seededRandom(seed + number);
  using session = new Session(daemon.socket, daemon.token, random);
  const countBytes = (bytes: number) => void (totals.bytes += bytes);
  while (performance.now() < until) {
    await pick(random, SCENARIOS)({ session, random, id: `p${number}`, env: { [MARKER]: mark }, countBytes });
    totals.scenarios++;
    if (random() < 0.1) session.loseConnection();
  }
  totals.losses += session.losses;
}

/** Measures the memory and the descriptors of the idle daemon. */
async function measureIdle(daemon: TestDaemon, mark: string): Promise<{ resident: number; descriptors: number }> {
  using client = await LineClient.connect(daemon.socket, daemon.token);
  for (let i = 0; i < CLIENTS; i++) {
    // Replaces the process of each client, and with it the replay buffer, by one without output.
    await client.call("process.spawn", { id: `p${i}`, command: "true" });
    await client.call("process.killAndWait", { id: `p${i}` });
  }
  await waitFor("every process to end", () => marked(mark).length === 0);
  for (let i = 0; i < 3_000; i++) await client.call("server.ping");
  client.close();
  await waitFor("every connection to be closed", () => connections(daemon.pid) <= 1);
  const descriptors = [...Deno.readDirSync(`/proc/${daemon.pid}/fd`)].length;
  return { resident: await leastResident(daemon.pid), descriptors };
}

/** Returns the smallest memory use of the idle daemon, since the garbage collector frees memory only after a while. */
async function leastResident(pid: number): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < REST_SAMPLES; i++) {
    least = Math.min(least, residentBytes(pid));
    await new Promise((resolve) => setTimeout(resolve, REST_MS / REST_SAMPLES));
  }
  return least;
}

/** Returns the number of sockets on the daemon's path, including its listener. */
function connections(pid: number): number {
  const inodes = new Set<string>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      const target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
      if (target.startsWith("socket:[")) inodes.add(target.slice(8, -1));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const lines = Deno.readTextFileSync("/proc/net/unix").split("\n");
  const isDaemons = (line: string) => /\/(?:rpc\.sock|\.bind-[0-9a-f]{8})$/.test(line);
  return lines.filter((line) => isDaemons(line) && inodes.has(line.split(/\s+/)[6]!)).length;
}

/** Returns the running processes of this soak test. */
function marked(mark: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    try {
      return pid > 0 && Deno.readTextFileSync(`/proc/${pid}/environ`).includes(`${MARKER}=${mark}`);
    } catch (error) {
      if (error instanceof Error) return false; // it has ended, or is a zombie
      throw error;
    }
  });
}

function check(what: string, hasPassed: boolean, detail: string): boolean {
  console.log(`${hasPassed ? "ok  " : "BAD "} ${what}: ${detail}`);
  return hasPassed;
}

const args = parseArgs(Deno.args, {
  string: ["minutes", "seed"],
  unknown: refuseUnknown("deno task soak [--minutes N] [--seed N]"),
}) as { minutes?: string; seed?: string };
const ms = Number(args.minutes ?? 2) * 60_000;
const seed = Number(args.seed ?? Math.floor(Math.random() * 1e9));
const mark = crypto.randomUUID();
const totals: Totals = { scenarios: 0, bytes: 0, losses: 0 };
console.log(`soaking for ${ms / 60_000} min with ${CLIENTS} clients, seed ${seed}`);

await using daemon = await startDaemon({ env: { CLAUSTRUM_LOG_LEVEL: "warn" } });
const run = async (forMs: number, from: number) => {
  const until = performance.now() + forMs;
  await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(daemon, i, from, mark, until, totals)));
};
const report = setInterval(() => {
  console.log(`     ${totals.scenarios} scenarios, ${totals.bytes} bytes, ${residentBytes(daemon.pid) >> 20} MiB`);
}, REPORT_MS);
let hasPassed = true;
try {
  await run(ms * WARM_UP, seed);
  const before = await measureIdle(daemon, mark);
  await run(ms * (1 - WARM_UP), seed + 1_000);
  const after = await measureIdle(daemon, mark);
  const growth = after.resident / before.resident;
  hasPassed = [
    check("bytes", true, `${totals.bytes} unchanged in ${totals.scenarios} scenarios, ${totals.losses} losses`),
    check("memory", growth <= MAX_GROWTH, `${before.resident >> 20} MiB, then ${after.resident >> 20} MiB`),
    check("descriptors", after.descriptors <= before.descriptors, `${before.descriptors}, then ${after.descriptors}`),
    check("children", marked(mark).length === 0, "none is left"),
    check(
      "log",
      !/panic|nhandled|ncaught|^error:/m.test(daemon.log()),
      "no unexpected failure",
    ),
    check("end", await daemon.stop() === 0, "exit code 0"),
  ].every((isGood) => isGood);
} finally {
  clearInterval(report);
}
if (!hasPassed) {
  console.log(`repeat it with: deno task soak --minutes ${ms / 60_000} --seed ${seed}\n${daemon.log().slice(-4_000)}`);
  Deno.exit(1);
}

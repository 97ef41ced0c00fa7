import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { goalTable, stepsTable } from "./plan.ts";
import { breakingPoint, type Costs, type Fleet, type Limits, MEASURED, needsOf, usesOf } from "./model.ts";

/** Costs that are easy to reckon with. */
const ROUND: Costs = {
  publishUs: 100,
  storeUs: 10,
  deliverUs: 5,
  readUs: 20,
  pageUs: 2,
  eventBytes: 200,
  frameBytes: 50,
  storedBytes: 300,
  streamPerSecond: 10_000,
  catchUpPerSecond: 10_000,
  stateSeconds: Infinity,
  lagMs: 1,
  serverMb: 50,
  serverHostMb: 0.5,
  readerMb: 60,
  readerHostMb: 0.1,
};
const LIMITS: Limits = { serverCores: 2, networkMb: 100, streamGb: 1, keepHours: 1, headroom: 1 };
const FLEET: Fleet = { hosts: 100, people: 10, rate: 10, peak: 10, sites: 1, readers: 2, watched: 1 };

Deno.test("needsOf() multiplies each cost by how often it is paid", () => {
  const needs = needsOf(FLEET, ROUND, LIMITS);
  assertEquals(needs.eventsPerSecond, 1_000);
  assertAlmostEquals(needs.hostCores, 0.001);
  // 10 to store, and 5 for each of two readers.
  assertAlmostEquals(needs.serverCores, 0.02);
  // 20 to read, and 2 for each of five pages.
  assertAlmostEquals(needs.readerCores, 0.03);
  // In once, and out twice, with 250 bytes each.
  assertAlmostEquals(needs.networkMb, 0.75);
  assertEquals([needs.serverMb, needs.readerMb], [100, 70]);
  assertAlmostEquals(needs.keptHours, 1e9 / 300_000 / 3_600);
  assertAlmostEquals(needs.weekGb, 300_000 * 604_800 / 1e9);
  // A minute of events, while as many come as were missed in each further second.
  assertAlmostEquals(needs.catchUpSeconds, 60 * 1_000 / 9_000);
});

Deno.test("needsOf() counts the states of hosts as messages that no page gets", () => {
  const needs = needsOf(FLEET, { ...ROUND, stateSeconds: 1 }, LIMITS);
  assertEquals(needs.eventsPerSecond, 1_000);
  assertAlmostEquals(needs.serverCores, 0.022);
  assertAlmostEquals(needs.readerCores, 0.032);
});

Deno.test("needsOf() keeps what comes on average, and needs cores for what comes at once", () => {
  const { keptHours, serverCores } = needsOf(FLEET, ROUND, LIMITS);
  const busy = needsOf({ ...FLEET, peak: 30 }, ROUND, LIMITS);
  assertEquals(busy.keptHours, keptHours);
  assertAlmostEquals(busy.serverCores, 3 * serverCores);
});

Deno.test("needsOf() divides hosts and people among the sites", () => {
  const four = needsOf({ ...FLEET, hosts: 400, people: 40, sites: 4 }, ROUND, LIMITS);
  const { weekGb, ...one } = needsOf(FLEET, ROUND, LIMITS);
  assertEquals({ ...four, weekGb: 0 }, { ...one, weekGb: 0 });
  assertAlmostEquals(four.weekGb, 4 * weekGb);
});

Deno.test("needsOf() lets the lag grow with what is busiest, without an end", () => {
  const lagAt = (hosts: number) => needsOf({ ...FLEET, hosts }, ROUND, LIMITS).lagMs;
  // The stream is busiest: 1,000 of 10,000.
  assertAlmostEquals(lagAt(100), 1 / 0.9);
  assertAlmostEquals(lagAt(900), 1 / 0.1);
  assertEquals([lagAt(1_000), lagAt(5_000)], [Infinity, Infinity]);
});

Deno.test("usesOf() sorts limits by how much of them is used, and breakingPoint() finds the first that is full", () => {
  const uses = usesOf(FLEET, ROUND, LIMITS);
  assertEquals(uses.map(({ what }) => what), [
    "what the stream keeps",
    "the stream",
    "a reader's core",
    "the server's cores",
    "the network",
  ]);
  const { hosts, what } = breakingPoint(FLEET, ROUND, LIMITS);
  assertEquals(what, "what the stream keeps");
  assert(usesOf({ ...FLEET, hosts }, ROUND, LIMITS)[0]!.part <= 1);
  assert(usesOf({ ...FLEET, hosts: hosts + 1 }, ROUND, LIMITS)[0]!.part > 1);
});

Deno.test("breakingPoint() never rises when anything costs more", () => {
  const base = breakingPoint(FLEET).hosts;
  for (const name of ["storeUs", "deliverUs", "readUs", "pageUs", "storedBytes", "eventBytes"] as const) {
    const dearer = breakingPoint(FLEET, { ...MEASURED, [name]: MEASURED[name] * 3 }).hosts;
    assert(dearer <= base, name);
  }
});

Deno.test("ARCHITECTURE.md shows the tables that the model computes", async () => {
  const text = await Deno.readTextFile(new URL("../../.github/ARCHITECTURE.md", import.meta.url));
  const rows = text.split("\n").filter((line) => line.startsWith("|")).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  for (const wanted of [...stepsTable(), ...goalTable()]) {
    assert(rows.some((cells) => cells.join("|") === wanted.join("|")), `deno task simulate-fleet --plan: ${wanted[0]}`);
  }
});

/**
 * The steps from one stream to ten thousand hosts, each computed by the model; ARCHITECTURE.md shows their tables.
 *
 * @module
 */

import { breakingPoint, type Fleet, type Limits, MEASURED, needsOf, USUAL } from "./model.ts";

/** A step of the plan. */
export interface Step {
  /** What is done. */
  readonly what: string;
  /** How the hosts of one site are shown. */
  readonly fleet: Omit<Fleet, "hosts">;
  /** What each site has. */
  readonly limits: Limits;
}

/** How many hosts and people there are to be. */
const GOAL = { hosts: 10_000, people: 1_000 };
/** How many events a host makes in a second: on average over days, and while it is busy. */
const [rate, peak] = [1, 20];

const { people } = GOAL;
const TODAY = { people, rate, peak, sites: 1, readers: 1, watched: 1 };
const SHOWN = { ...TODAY, watched: 0.02 };
const SHARED = { ...SHOWN, readers: 10 };
const SITES = { ...SHARED, sites: 20, readers: 2 };
const KEPT = { ...USUAL, streamGb: 100 };

/** The steps, each with those before. */
export const STEPS: readonly Step[] = [
  { what: "today: one stream, one hub shows it, pages get all", fleet: TODAY, limits: USUAL },
  { what: "pages get what they show, 2 % of it", fleet: SHOWN, limits: USUAL },
  { what: "a stream of 100 GB", fleet: SHOWN, limits: KEPT },
  { what: "ten hubs show it, for 100 people each", fleet: SHARED, limits: KEPT },
  { what: "20 sites, each with such a stream and two hubs", fleet: SITES, limits: KEPT },
];

/** Returns the table of the steps: how many hosts each can have, and what breaks then. */
export function stepsTable(): string[][] {
  const rows = STEPS.map(({ what, fleet, limits }) => {
    const found = breakingPoint(fleet, MEASURED, limits);
    return [what, rounded(found.hosts), found.what];
  });
  return [["step", "hosts", "then breaks"], ...rows];
}

/** Returns the table of what the last step needs for the goal. */
export function goalTable(): string[][] {
  const { fleet, limits } = STEPS.at(-1)!;
  const needs = needsOf({ ...fleet, hosts: GOAL.hosts }, MEASURED, limits);
  const { keptHours, lagMs } = needs;
  return [
    ["500 hosts and 50 people at a site", "needed"],
    ["events a second", rounded(needs.eventsPerSecond)],
    ["a host: cores to publish", needs.hostCores.toFixed(4)],
    ["the server: cores", needs.serverCores.toFixed(2)],
    ["the server: memory", `${rounded(needs.serverMb)} MB`],
    ["the server: network", `${needs.networkMb.toFixed(1)} MB/s`],
    ["each hub that shows it: cores", needs.readerCores.toFixed(2)],
    ["each hub that shows it: memory", `${rounded(needs.readerMb)} MB`],
    ["lag", Number.isFinite(lagMs) ? `${lagMs.toFixed(1)} ms` : "grows without end"],
    ["caught up after a minute away", `${needs.catchUpSeconds.toFixed(1)} s`],
    ["kept", keptHours >= 168 ? "7 days" : `${rounded(keptHours)} hours`],
    ["a week of all sites", `${rounded(needs.weekGb)} GB`],
  ];
}

/** Two digits are more than such a model knows. */
function rounded(n: number): string {
  return Number(n.toPrecision(2)).toLocaleString("en");
}

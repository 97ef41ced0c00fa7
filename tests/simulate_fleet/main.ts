/**
 * Shows what many hosts cost in NATS, by a model of what was measured; see `model.ts`.
 *
 *     deno task simulate-fleet --plan    the tables of ARCHITECTURE.md
 *     deno task simulate-fleet [--people 1000] [--rate 1] [--peak 20] [--hosts-per-site 0] [--readers 1] [--watched 1]
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { breakingPoint, type Fleet, needsOf, usesOf } from "./model.ts";
import { goalTable, stepsTable } from "./plan.ts";

const STEPS = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000];

const flags = parseArgs(Deno.args, {
  unknown: refuseUnknown(
    "deno task simulate-fleet [--people N] [--rate N] [--peak N] [--hosts-per-site N] [--readers N] [--watched N] [--plan]",
  ),
  string: ["people", "rate", "peak", "hosts-per-site", "readers", "watched"],
  boolean: ["plan"],
  default: { people: "1000", rate: "1", peak: "20", "hosts-per-site": "0", readers: "1", watched: "1" },
});
const [people, rate, peak, readers, watched] = [
  flags.people,
  flags.rate,
  flags.peak,
  flags.readers,
  flags.watched,
].map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const perSite = Number(flags["hosts-per-site"]);

if (flags.plan) {
  for (const table of [stepsTable(), goalTable()]) {
    const [head = [], ...rows] = table.map((cells) => `| ${cells.join(" | ")} |`);
    console.log([head, `|${table[0]!.map(() => " --- ").join("|")}|`, ...rows, ""].join("\n"));
  }
  Deno.exit();
}

console.log(
  `${people} people, ${peak} events/s a busy host and ${rate} on average, ` +
    (perSite === 0 ? "one site" : `sites of ${perSite} hosts`) +
    `, ${readers} reader${readers === 1 ? "" : "s"} a site, pages get ${watched * 100} % of its events`,
);
console.log(
  line(["hosts", "sites", "events/s", "server", "", "a reader", "", "network", "lag", "kept", "a week", "most used"]),
);
for (const hosts of STEPS) {
  const sites = perSite === 0 ? 1 : Math.ceil(hosts / perSite);
  const fleet: Fleet = { hosts, people, rate, peak, sites, readers, watched };
  const needs = needsOf(fleet);
  const [most] = usesOf(fleet);
  console.log(line([
    hosts.toLocaleString("en"),
    String(sites),
    Math.round(needs.eventsPerSecond).toLocaleString("en"),
    `${percent(needs.serverCores)}`,
    `${Math.round(needs.serverMb)} MB`,
    `${percent(needs.readerCores)}`,
    `${Math.round(needs.readerMb)} MB`,
    `${needs.networkMb.toFixed(1)} MB/s`,
    Number.isFinite(needs.lagMs) ? `${needs.lagMs.toFixed(1)} ms` : "grows",
    needs.keptHours > 168 ? "7 days" : `${needs.keptHours.toFixed(needs.keptHours < 10 ? 1 : 0)} h`,
    `${needs.weekGb.toFixed(0)} GB`,
    `${most?.what} ${percent(most?.part ?? 0)}${(most?.part ?? 0) > 1 ? " BREAKS" : ""}`,
  ]));
}
if (perSite === 0) {
  const { hosts, what } = breakingPoint({ people, rate, peak, sites: 1, readers, watched });
  console.log(`${what} is the first to break, beyond ${hosts.toLocaleString("en")} hosts`);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`;
}

function line(cells: readonly string[]): string {
  const widths = [8, 6, 10, 8, 9, 9, 9, 12, 9, 8, 10];
  return cells.map((cell, i) => i < widths.length ? cell.padStart(widths[i]!) : `  ${cell}`).join("");
}

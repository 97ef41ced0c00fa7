/**
 * Measures hubs in NATS; see `measure.ts`.
 *
 *     deno task nats-scale [--hosts 200] [--rate 20] [--seconds 60] [--readers 1] [--events 100000]
 *         [--only steady,catch-up,cluster] [--bare] [--json]
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { type CatchUpFigures, type ClusterFigures, measureCatchUp, measureCluster, measureSteady } from "./measure.ts";
import type { SteadyFigures } from "./measure.ts";

const flags = parseArgs(Deno.args, {
  unknown: refuseUnknown(
    "deno task nats-scale [--hosts N] [--rate N] [--seconds N] [--readers N] [--events N] [--only NAMES] [--json] [--bare]",
  ),
  string: ["hosts", "rate", "seconds", "readers", "events", "only"],
  boolean: ["json", "bare"],
  default: { hosts: "200", rate: "20", seconds: "60", readers: "1", events: "100000", only: "steady,catch-up,cluster" },
});
const wanted = flags.only.split(",");
const [hosts, rate, seconds, readers] = [flags.hosts, flags.rate, flags.seconds, flags.readers].map(Number) as [
  number,
  number,
  number,
  number,
];
const events = Number(flags.events);
const figures: { steady?: SteadyFigures; catchUp?: CatchUpFigures; cluster?: ClusterFigures } = {};
let hasFailed = false;

if (wanted.includes("steady")) {
  const found = figures.steady = await measureSteady({ hosts, rate, seconds, readers, isBare: flags.bare });
  const { published, read, disorder, lagP50, lagP99, readerPercent, serverPercent, hostsPercent } = found;
  const all = published * readers;
  say(`${hosts} hosts × ${rate} events/s for ${seconds} s: ${read} of ${all} events, ${disorder} out of order`);
  say(`  lag p50 ${lagP50.toFixed(1)} ms, p99 ${lagP99.toFixed(1)} ms (limit 20)`);
  say(`  a reader ${readerPercent.toFixed(1)} % of a core (limit 10), the server ${serverPercent.toFixed(1)} %`);
  say(
    `  all hosts ${hostsPercent.toFixed(1)} %, ${found.serverMb.toFixed(0)} MB in the server, ${
      found.bytesStored.toFixed(0)
    } B stored an event`,
  );
  judge(read === all && disorder === 0 && lagP99 < 20 && readerPercent < 10);
}
if (wanted.includes("catch-up")) {
  const { read, ms, publishedPerSecond } = figures.catchUp = await measureCatchUp(events);
  say(`${read} of ${events} events caught up in ${ms.toFixed(0)} ms (limit 1000)`);
  say(`  published before by one host, ${publishedPerSecond.toFixed(0)} a second`);
  judge(read === events && ms < 1_000);
}
if (wanted.includes("cluster")) {
  const { published, read, awayMs, wholeMs } = figures.cluster = await measureCluster();
  say(
    `cluster of three, leader killed: ${read} of ${published} events, nothing acknowledged for ${
      (awayMs / 1_000).toFixed(1)
    } s, all there ${(wholeMs / 1_000).toFixed(1)} s after the kill`,
  );
  judge(read === published);
}
if (flags.json) console.log(JSON.stringify(figures));
Deno.exit(hasFailed ? 1 : 0);

function judge(isGood: boolean): void {
  if (!isGood) hasFailed = true;
  say(isGood ? "  ok" : "  FAILED");
}

function say(text: string): void {
  if (!flags.json) console.log(text);
}

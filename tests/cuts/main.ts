/**
 * Cuts lines between two hubs many times, and checks that each event is seen once and in order.
 * `deno task cuts --line ssh|link|nats|local --cuts N`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { cutOften } from "./cut_line.ts";
import { LINES } from "./lines.ts";

const DEFAULT_CUTS = 1_000;
/** After how many cuts there is a sign of life. */
const STEP = 100;

const { line: chosen, cuts = DEFAULT_CUTS } = parseArgs(Deno.args, {
  string: ["line", "cuts"],
  unknown: refuseUnknown("deno task cuts [--line ssh|link|nats|local] [--cuts N]"),
});
const count = Number(cuts);
const names = Object.keys(LINES) as (keyof typeof LINES)[];
if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`Cannot cut a line ${cuts} times`);
if (chosen !== undefined && !names.some((name) => name === chosen)) {
  throw new RangeError(`There is no line ${JSON.stringify(chosen)}: there are ${names.join(", ")}`);
}

for (const name of names.filter((each) => chosen === undefined || each === chosen)) {
  const { isPossible, open, programs } = LINES[name];
  if (!isPossible()) {
    console.log(`${name}: left out, for it needs ${programs}`);
    continue;
  }
  const start = performance.now();
  await using line = await open();
  const { events, backMs } = await cutOften(line, {
    cuts: count,
    onCut: (number) => {
      if ((number + 1) % STEP === 0) console.log(`${name}: ${number + 1} cuts`);
    },
  });
  const at = (share: number) => Math.round(backMs[Math.min(Math.floor(backMs.length * share), backMs.length - 1)] ?? 0);
  const seconds = Math.round((performance.now() - start) / 1_000);
  console.log(
    `${name}: ${count} cuts, ${events} events, each once and in order; the next event after p50 ${at(0.5)} ms, ` +
      `p99 ${at(0.99)} ms, at most ${at(1)} ms; ${seconds} s`,
  );
}

/**
 * Runs the fuzzers with seeds, so that each finding can be reproduced.
 * `deno task fuzz [requests] [tar] [zstd] [http] [sign-in] [--contract seed|next] [--cases N] [--seed N]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { isGenerationName } from "../../lib/contract/generation.ts";
import { residentBytes } from "../helpers/resident.ts";
import { httpTarget } from "./http.ts";
import { requestTarget } from "./requests.ts";
import { signInTarget } from "./sign_in.ts";
import { tarTarget } from "./tar.ts";
import type { Target } from "./target.ts";
import { zstdTarget } from "./zstd.ts";

const args = parseArgs(Deno.args, {
  string: ["cases", "seed", "contract"],
  unknown: refuseUnknown("deno task fuzz [TARGET…] [--cases N] [--seed N] [--contract seed|next]", true),
});
const contract = args["contract"] ?? "seed";
if (!isGenerationName(contract)) throw new TypeError(`Cannot fuzz contract "${contract}": only seed and next`);

const TARGETS: Readonly<Record<string, () => Promise<Target>>> = {
  requests: () => requestTarget(contract),
  tar: tarTarget,
  zstd: zstdTarget,
  http: httpTarget,
  "sign-in": signInTarget,
};

const DEFAULT_CASES = 200_000;
/** The fraction of the cases after which memory use should be stable. */
const WARM_UP = 0.4;

const names = args._.length > 0 ? args._.map(String) : Object.keys(TARGETS);
const seed = Number(args["seed"] ?? Math.floor(Math.random() * 1e9));

for (const name of names) {
  const start = TARGETS[name];
  if (start === undefined) throw new TypeError(`Cannot fuzz "${name}": only ${Object.keys(TARGETS).join(", ")}`);
  if (!await fuzz(name, start)) Deno.exit(1);
}

async function fuzz(name: string, start: () => Promise<Target>): Promise<boolean> {
  await using target = await start();
  const cases = Number(args["cases"] ?? target.defaultCases ?? DEFAULT_CASES);
  const rounds = Math.ceil(cases / target.roundCases);
  const begun = performance.now();
  let warm = Infinity;
  for (let i = 0; i < rounds; i++) {
    try {
      await target.round(seed + i);
    } catch (error) {
      console.error(`${name}: seed ${seed + i}:`, error);
      console.error(`replay it with: deno task fuzz ${name} --contract ${contract} --cases 1 --seed ${seed + i}`);
      return false;
    }
    if (i === Math.floor(rounds * WARM_UP)) warm = residentBytes(target.pid);
  }
  const grown = residentBytes(target.pid) - warm;
  const said = await target.finish();
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${name}: ${rounds * target.roundCases} cases in ${seconds.toFixed(1)} s from seed ${seed}, nothing found; ` +
      `memory ${grown < 0 ? "" : "+"}${(grown / (1 << 20)).toFixed(1)} MiB since warm; ${said}`,
  );
  if (grown > target.maxGrowth) console.error(`${name}: that is a leak`);
  return grown <= target.maxGrowth;
}

/**
 * Checks random sequences of client operations against a model of what each client must receive.
 * `deno task model [--contract seed|next] [--upgrades] [--runs N] [--seed N] [--path P]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { isGenerationName } from "../../lib/contract/generation.ts";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { sharedHost, upgradableHost } from "./hosts.ts";
import { checkModel } from "./run.ts";

const args = parseArgs(Deno.args, {
  string: ["runs", "seed", "path", "contract"],
  boolean: ["upgrades"],
  unknown: refuseUnknown("deno task model [--runs N] [--seed N] [--path PATH] [--contract seed|next] [--upgrades]"),
});
const contract = args["contract"] ?? "seed";
if (!isGenerationName(contract)) throw new TypeError(`Cannot check contract "${contract}": only seed and next`);
const withUpgrades = args["upgrades"] === true;
const seed = Number(args["seed"] ?? Math.floor(Math.random() * 1e9));
const numRuns = Number(args["runs"] ?? (withUpgrades ? 100 : 3_000));
const path = args["path"] === undefined ? {} : { path: String(args["path"]) };
const begun = performance.now();
{
  await using host = await sharedHost(contract);
  await checkModel(withUpgrades ? () => upgradableHost(contract) : host.start, {
    numRuns,
    seed,
    withUpgrades,
    ...path,
  });
}
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
console.log(
  `model: ${numRuns} runs${withUpgrades ? " with upgrades" : ""} in ${seconds} s from seed ${seed}, no difference`,
);

/**
 * Random sequences of what clients do, against a model of what each must have seen.
 * `deno task model [--runs N] [--seed N] [--path P]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { startDaemon } from "../helpers/daemon.ts";
import { checkModel } from "./run.ts";

const args = parseArgs(Deno.args, { string: ["runs", "seed", "path"] }) as Record<string, string | undefined>;
const seed = Number(args["seed"] ?? Math.floor(Math.random() * 1e9));
const numRuns = Number(args["runs"] ?? 3_000);
await using daemon = await startDaemon({ env: { CLAUSTRUM_LOG_LEVEL: "error" } });
const begun = performance.now();
await checkModel(daemon, { numRuns, seed, ...(args["path"] === undefined ? {} : { path: args["path"] }) });
console.log(
  `model: ${numRuns} runs in ${((performance.now() - begun) / 1000).toFixed(1)} s from seed ${seed}, all as it says`,
);

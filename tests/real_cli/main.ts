/**
 * Installs the real agent CLI from a file and from a URL, and runs sessions with it: `deno task real-cli`. Downloads
 * about 80 MB.
 *
 * - `--program PATH`: takes this program; nothing is downloaded and installed.
 * - `--only TEXT`: only those steps of sessions whose name contains the text, and nothing else.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { compareWithStandIn } from "./compare.ts";
import { driveAgent } from "./drive.ts";
import { installRealCli } from "./install.ts";
import { driveSessions } from "./sessions.ts";

const { program: given, only } = parseArgs(Deno.args, {
  string: ["program", "only"],
  unknown: refuseUnknown("deno task real-cli [--program PATH] [--only WORD]"),
});
await using installed = given === undefined ? await installRealCli() : undefined;
const program = installed?.program ?? given!;
if (only === undefined) await driveAgent(program, (step) => console.log(`session: ${step}`));
const isWanted = (name: string) => only === undefined || name.includes(only);

const failures = [...await driveSessions(program, isWanted), ...await compareWithStandIn(program, isWanted)];
if (failures.length > 0) throw new Error(`${failures.length} steps failed: ${failures.join("; ")}`);

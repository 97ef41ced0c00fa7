/**
 * Makes an executable that needs no runtime: `deno task compile [--target T | --all] [--keep-going]`. It goes to
 * `dist/claustrum-<os>-<arch>`, with `SHA256SUMS` beside it. A target whose base binary cannot be had is a failure,
 * unless `--keep-going` skips it.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { writeChecksums } from "./checksums.ts";
import { buildDirectory, stageSources, stampFromGit } from "./stage.ts";
import { type Target, targetsOf } from "./targets.ts";

const DIST = new URL("../dist", import.meta.url).pathname;
/** An executable has its permissions built in; the daemon gives up the network once it listens. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys", "--allow-net"];
/** Workers are narrowed, and their modules are not seen from the entry. */
const FEATURES = [
  "--unstable-worker-options",
  ...["--include", "lib/files/extract_worker_main.ts"],
  ...["--include", "lib/hub/access/password_worker_main.ts"],
  ...["--include", "lib/projects/usage_worker_main.ts"],
  ...["--include", "lib/store/rank_worker_main.ts"],
];

/** What the executable of a target is called. */
export function executableName({ name }: Target): string {
  return name.startsWith("windows") ? `claustrum-${name}.exe` : `claustrum-${name}`;
}

/** The arguments that compile for a target, from the directory of the stamped sources. */
export function compileArguments(target: Target, output: string): string[] {
  return [
    "compile",
    "--no-prompt",
    // Like the bundle: the types are a matter of `deno task check`.
    "--no-check",
    ...FEATURES,
    ...PERMISSIONS,
    "--target",
    target.triple,
    "--output",
    output,
    "cli.ts",
  ];
}

/** Compiles for a target into a directory; false when the base binary cannot be had. */
export async function compile(target: Target, into: string): Promise<boolean> {
  await using build = await buildDirectory();
  await stageSources(build.path, await stampFromGit());
  await Deno.mkdir(into, { recursive: true });
  const args = compileArguments(target, `${into}/${executableName(target)}`);
  const command = new Deno.Command(Deno.execPath(), { args, cwd: build.path, stdin: "null", stdout: "null" });
  const { success, stderr } = await command.output();
  if (success) return true;
  const text = new TextDecoder().decode(stderr);
  if (/Setting up base binary|denort/.test(text)) return false;
  throw new Error(text);
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["target"], boolean: ["all", "keep-going"] }) as {
    target?: string;
    all: boolean;
    "keep-going": boolean;
  };
  const made: string[] = [];
  for (const target of targetsOf(args)) {
    if (await compile(target, DIST)) {
      made.push(executableName(target));
      console.log(`made dist/${executableName(target)}`);
    } else {
      console.error(
        `${target.name} was not made: its base binary cannot be downloaded here; fetch denort-${target.triple} ` +
          "elsewhere and set DENORT_BIN to it",
      );
      if (!args["keep-going"]) {
        Deno.exitCode = 1;
        break;
      }
    }
  }
  if (made.length > 0) await writeChecksums(DIST, made);
}

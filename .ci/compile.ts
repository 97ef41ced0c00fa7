/**
 * Makes an executable that needs no runtime: `deno task compile [--target T]`. It goes to
 * `dist/claustrum-<os>-<arch>`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

/** The runtime's names of its targets, and ours. */
const TARGETS: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "linux-amd64",
  "aarch64-unknown-linux-gnu": "linux-arm64",
  "x86_64-apple-darwin": "darwin-amd64",
  "aarch64-apple-darwin": "darwin-arm64",
  "x86_64-pc-windows-msvc": "windows-amd64",
};
/** An executable has its permissions built in; the daemon gives up the network once it listens. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys", "--allow-net"];
/** Workers are narrowed, and their module is not seen from the entry. */
const FEATURES = ["--unstable-worker-options", "--include", "lib/files/extract_worker_main.ts"];

/** The command that compiles for a target. */
export function compileCommand(target: string): string[] {
  const name = TARGETS[target];
  if (name === undefined) {
    throw new RangeError(`Cannot compile for "${target}": the targets are ${Object.keys(TARGETS).join(", ")}`);
  }
  return [
    "compile",
    "--no-prompt",
    ...FEATURES,
    ...PERMISSIONS,
    "--target",
    target,
    "--output",
    `dist/claustrum-${name}`,
    "cli.ts",
  ];
}

if (import.meta.main) {
  const { target = Deno.build.target } = parseArgs(Deno.args, { string: ["target"] }) as { target?: string };
  const args = compileCommand(target);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  const text = new TextDecoder().decode(stderr);
  if (success) console.log(`made ${args[args.indexOf("--output") + 1]}`);
  else if (text.includes("Setting up base binary")) {
    console.log("skipped: the base binary cannot be downloaded here; fetch denort elsewhere and set DENORT_BIN to it");
  } else {
    console.error(text);
    Deno.exit(1);
  }
}

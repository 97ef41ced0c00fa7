/**
 * Makes a directory that needs nothing: the runtime, the bundle and a launcher named `claustrum`.
 * `deno task pack [--target T | --all]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { bundle } from "./bundle.ts";
import { writeChecksums } from "./checksums.ts";
import { buildDirectory } from "./stage.ts";
import { type Target, targetsOf } from "./targets.ts";

const DIST = new URL("../dist/portable", import.meta.url).pathname;
const VERSION = (await Deno.readTextFile(new URL("../.dvmrc", import.meta.url))).trim();
const FLAGS = "--quiet --no-prompt --no-config --no-lock --unstable-worker-options --allow-read --allow-write " +
  "--allow-run --allow-env --allow-sys --allow-net";

/** Finds its directory with nothing but the shell itself, since there may be no PATH. */
const LAUNCHER = `#!/bin/sh
self=$0
while [ -L "$self" ]; do
  link=$(PATH="$PATH:/usr/bin:/bin" readlink "$self") || exit 1
  case $link in
    /*) self=$link ;;
    *) self=\${self%/*}/$link ;;
  esac
done
case $self in
  */*) here=\${self%/*} ;;
  *) here=. ;;
esac
export DENO_NO_UPDATE_CHECK=1
exec "$here/deno" run ${FLAGS} "$here/claustrum.js" "$@"
`;
const WINDOWS_LAUNCHER =
  `@echo off\r\nsetlocal\r\nset DENO_NO_UPDATE_CHECK=1\r\n"%~dp0deno.exe" run ${FLAGS} "%~dp0claustrum.js" %*\r\n`;

/** Packs for a target, below a directory; returns the names of the files below it. */
export async function pack({ name, runtime }: Target, into: string): Promise<string[]> {
  const isWindows = name.startsWith("windows");
  const directory = `${into}/claustrum-${name}`;
  await Deno.mkdir(directory, { recursive: true });
  await bundle(`${directory}/claustrum.js`);
  const program = isWindows ? "deno.exe" : "deno";
  await fetchRuntime(runtime, program, directory);
  const launcher = isWindows ? "claustrum.cmd" : "claustrum";
  await Deno.writeTextFile(`${directory}/${launcher}`, isWindows ? WINDOWS_LAUNCHER : LAUNCHER, { mode: 0o755 });
  return ["claustrum.js", program, launcher].map((file) => `claustrum-${name}/${file}`);
}

/** npm verifies what it downloads. */
async function fetchRuntime(runtime: string, program: string, directory: string): Promise<void> {
  await using build = await buildDirectory();
  const archive = (await run("npm", ["pack", "--silent", `${runtime}@${VERSION}`], build.path)).trim();
  await run("tar", ["-xzf", archive, `package/${program}`], build.path);
  await Deno.copyFile(`${build.path}/package/${program}`, `${directory}/${program}`);
  if (Deno.build.os !== "windows") await Deno.chmod(`${directory}/${program}`, 0o755);
}

async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args], cwd, stdin: "null" }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["target"], boolean: ["all"] }) as { target?: string; all: boolean };
  const made: string[] = [];
  for (const target of targetsOf(args)) {
    made.push(...await pack(target, DIST));
    console.log(`made dist/portable/claustrum-${target.name}: copy it anywhere and run claustrum in it`);
  }
  await writeChecksums(DIST, made);
}

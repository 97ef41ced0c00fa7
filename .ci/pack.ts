/**
 * Makes a directory that needs nothing: the runtime, the bundle and a launcher named `claustrum`.
 * `deno task pack [--target T | --all] [--install] [--output DIR]`
 *
 * With `--install`, the launcher for this machine is also linked as `~/.local/bin/claustrum`.
 *
 * @module
 */

import { resolve } from "node:path";
import { parseArgs } from "@std/cli/parse-args";
import { bundle } from "./bundle.ts";
import { linkLauncher } from "./link_launcher.ts";
import { writeChecksums } from "./checksums.ts";
import { buildDirectory } from "./stage.ts";
import { type Target, targetsOf } from "./targets.ts";

const DIST = new URL("../dist/portable", import.meta.url).pathname;
/** The version of the runtime in a release. */
export const RUNTIME_VERSION = (await Deno.readTextFile(new URL("../.dvmrc", import.meta.url))).trim();
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
export DENO_NO_UPDATE_CHECK=1 CLAUSTRUM_COMMAND="$0"
exec "$here/deno" run ${FLAGS} "$here/claustrum.js" "$@"
`;
const WINDOWS_LAUNCHER =
  `@echo off\r\nsetlocal\r\nset DENO_NO_UPDATE_CHECK=1\r\nset CLAUSTRUM_COMMAND=%~f0\r\n"%~dp0deno.exe" run ${FLAGS} "%~dp0claustrum.js" %*\r\n`;

/**
 * Packs for a target, below a directory.
 *
 * @param ownRuntime Whether the runtime that runs this is taken, which need not be npm's to the byte.
 * @returns The names of the files below it.
 */
export async function pack({ name, runtime }: Target, into: string, ownRuntime: boolean = false): Promise<string[]> {
  const isWindows = name.startsWith("windows");
  const directory = `${into}/claustrum-${name}`;
  await Deno.mkdir(directory, { recursive: true });
  await bundle(`${directory}/claustrum.js`);
  const program = isWindows ? "deno.exe" : "deno";
  if (ownRuntime && Deno.version.deno === RUNTIME_VERSION) await copyRuntime(`${directory}/${program}`);
  else await fetchRuntime(runtime, program, directory);
  const launcher = isWindows ? "claustrum.cmd" : "claustrum";
  await Deno.writeTextFile(`${directory}/${launcher}`, isWindows ? WINDOWS_LAUNCHER : LAUNCHER, { mode: 0o755 });
  return ["claustrum.js", program, launcher].map((file) => `claustrum-${name}/${file}`);
}

/** The old file may be running. */
async function copyRuntime(file: string): Promise<void> {
  await Deno.copyFile(Deno.execPath(), `${file}.new`);
  if (Deno.build.os !== "windows") await Deno.chmod(`${file}.new`, 0o755);
  await Deno.rename(`${file}.new`, file);
}

/** npm verifies what it downloads. */
async function fetchRuntime(runtime: string, program: string, directory: string): Promise<void> {
  await using build = await buildDirectory();
  const archive = (await run("npm", ["pack", "--loglevel=error", `${runtime}@${RUNTIME_VERSION}`], build.path)).trim();
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
  const args = parseArgs(Deno.args, { string: ["target", "output"], boolean: ["all", "install"] }) as {
    target?: string;
    output?: string;
    all: boolean;
    install: boolean;
  };
  const output = resolve(args.output ?? DIST);
  const made: string[] = [];
  for (const target of args.install ? targetsOf({}) : targetsOf(args)) {
    made.push(...await pack(target, output, args.install));
    const directory = `${output}/claustrum-${target.name}`;
    if (args.install) console.log(await linkLauncher(`${directory}/claustrum`, Deno.env.toObject()));
    else console.log(`made ${directory}: copy it anywhere and run claustrum in it`);
  }
  await writeChecksums(output, made);
}

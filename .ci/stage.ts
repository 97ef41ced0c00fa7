/**
 * A copy of the sources that says from which commit it was built.
 *
 * @module
 */

import type { Stamp } from "../lib/stamp.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const SOURCES = ["cli.ts", "mod.ts", "lib", "deno.json"];

/** What git says of the sources; `undefined` when they lie in no repository. */
export async function stampFromGit(): Promise<Stamp | undefined> {
  const args = ["-C", ROOT, "log", "-1", "--format=%H %ct"];
  const { success, stdout } = await new Deno.Command("git", { args, stdin: "null", stderr: "null" }).output();
  if (!success) return undefined;
  const [sha = "", seconds] = new TextDecoder().decode(stdout).trim().split(" ");
  return { sha, time: new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z") };
}

/** Copies the sources into a directory and stamps them. */
export async function stageSources(directory: string, stamp: Stamp | undefined): Promise<void> {
  for (const name of SOURCES) await copyTree(`${ROOT}${name}`, `${directory}/${name}`);
  await Deno.copyFile(`${ROOT}deno.lock`, `${directory}/.local.lock`);
  const filled = stamp === undefined ? "undefined" : JSON.stringify(stamp);
  await replaceOnce(`${directory}/lib/stamp.ts`, "undefined as Stamp | undefined", filled);
  await nameLateModules(directory);
}

/** Matches how a module is loaded late. */
const LATE = /importLate(?:<typeof import\("[^"]+"\)>)?\(\s*import\.meta\.resolve\(\s*("[^"]+"),?\s*\),?\s*\)/g;

/** Names the modules that are loaded late in the way that a bundler and a compiler understand. */
function nameLateModules(directory: string): Promise<void> {
  return rewriteModules(directory, (text) => text.replaceAll(LATE, "import($1)"));
}

/** Changes the text of each module that was written by hand. */
export async function rewriteModules(directory: string, change: (text: string) => string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) await rewriteModules(path, change);
    if (!name.endsWith(".ts") || name.endsWith("_generated.ts")) continue;
    const text = await Deno.readTextFile(path);
    const changed = change(text);
    if (changed !== text) await Deno.writeTextFile(path, changed);
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copyTree(`${from}/${name}`, `${to}/${name}`);
}

/** Replaces a text that must be there exactly once. */
export async function replaceOnce(file: string, text: string, by: string): Promise<void> {
  const before = await Deno.readTextFile(file);
  if (before.split(text).length !== 2) throw new Error(`${file} should contain this once: ${text}`);
  await Deno.writeTextFile(file, before.replace(text, () => by));
}

/** Runs this very runtime; throws with what it says when it fails. */
export async function deno(args: readonly string[], cwd: string): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd, stdin: "null", stdout: "null" });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`deno ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Makes a directory for a build, which goes with its scope. */
export async function buildDirectory(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "claustrum-build-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/**
 * What a new work tree gets from its repository beside the commit: `.claude/` and the ignored files
 * that `.worktreeinclude` names. Best effort: what cannot be copied is left out (wire 1.3).
 *
 * @module
 */

import { decodeUtf8 } from "../rpc/utf8.ts";
import { errnoCode } from "../system/errno.ts";
import { type GitOptions, runSafeGit } from "./run_git.ts";

const SETTINGS = ".claude";
const INCLUDE_LIST = ".worktreeinclude";

/** Copies what a work tree is to have. */
export async function seedWorktree(
  repo: string,
  worktree: string,
  limits: Omit<GitOptions, "directory">,
): Promise<void> {
  await bestEffort(() => copyTree(repo, worktree, SETTINGS));
  if (!await isFile(`${repo}/${INCLUDE_LIST}`)) return;
  const args = ["ls-files", "--others", "--ignored", `--exclude-from=${INCLUDE_LIST}`];
  const { isOk, stdout } = await runSafeGit(args, { ...limits, directory: repo });
  if (!isOk) return;
  for (const name of decodeUtf8(stdout).split("\n")) {
    // A name that git quotes is none that could be copied as it stands.
    if (name !== "" && !name.startsWith('"')) await bestEffort(() => copyFile(repo, worktree, name));
  }
}

/** Goes on when the system refuses something; anything else is our own fault and is told. */
async function bestEffort(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (errnoCode(error) !== undefined) return false;
    throw error;
  }
}

async function copyTree(from: string, to: string, name: string): Promise<void> {
  if (!(await Deno.lstat(`${from}/${name}`)).isDirectory) return;
  for await (const entry of Deno.readDir(`${from}/${name}`)) {
    const path = `${name}/${entry.name}`;
    if (entry.isDirectory) await bestEffort(() => copyTree(from, to, path));
    else if (entry.isFile) await bestEffort(() => copyFile(from, to, path));
  }
}

/** Copies a regular file, and never through a symlink on either side. */
async function copyFile(from: string, to: string, name: string): Promise<void> {
  if (!(await Deno.lstat(`${from}/${name}`)).isFile) return;
  await makeParents(to, name);
  const target = `${to}/${name}`;
  if (await isSymlink(target)) return;
  using source = await Deno.open(`${from}/${name}`);
  using sink = await Deno.open(target, { write: true, create: true, truncate: true, mode: 0o666 });
  await source.readable.pipeTo(sink.writable);
}

async function makeParents(root: string, name: string): Promise<void> {
  const parts = name.split("/").slice(0, -1);
  let path = root;
  for (const part of parts) {
    path += `/${part}`;
    try {
      await Deno.mkdir(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      if (await isSymlink(path)) throw new Deno.errors.FilesystemLoop(`will not copy through the symlink ${path}`);
    }
  }
}

async function isSymlink(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSymlink;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

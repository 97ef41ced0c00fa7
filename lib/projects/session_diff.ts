/**
 * What a session has changed: what differs between the files as they are and the commit from which it started.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { CommandLimitError } from "../client/errors.ts";
import { readGit } from "../client/read_git.ts";
import { isThere } from "../system/private_files.ts";
import { OWN_FILES } from "./git_states.ts";
import { type DiffEntry, parseEntries, splitPatch } from "./patch.ts";
import { ProjectError } from "./project_error.ts";
import type { ChangedFile, SessionDiff } from "./types.ts";
import { type FileWithDiff, readUntracked } from "./untracked_file.ts";

/** The most files that are listed. */
const MAX_FILES = 500;
/** How much all diffs may have, in bytes. */
const MAX_DIFF_BYTES = 1 << 20;
/** How large the list of all files may be, in bytes. */
const MAX_LIST_BYTES = 32 << 20;
/** For how many files git is asked at once. */
const BATCH = 50;

/** How git compares: nothing of the configuration of the repository changes what it prints, and no program runs. */
const COMPARE = [
  ...["-c", "core.quotePath=false", "-c", "diff.autoRefreshIndex=true"],
  ...["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--submodule=short", "--ignore-submodules=dirty"],
  // Without an order of files that the configuration names: git would read all that a device returns.
  ...["-O/dev/null", "--find-renames=50%", "--relative", "--src-prefix=a/", "--dst-prefix=b/", "--unified=3"],
];

/** Where a session works, and from which commit it started. */
export interface DiffOrigin {
  /** The directory, absolute. */
  readonly path: string;
  /** The commit; `null` without one. */
  readonly base: string | null;
}

/** The result outside of a repository. */
const NOTHING: SessionDiff = { base: null, files: [], total_files: 0, truncated: false };

/**
 * Returns what differs from where a session started.
 *
 * @param connect Returns the client, where one is needed.
 * @throws {ProjectError} If the commit is gone, or git cannot compare.
 */
export async function sessionDiff(connect: () => Promise<Client>, origin: DiffOrigin): Promise<SessionDiff> {
  if (!await isInRepository(origin.path)) return NOTHING;
  const client = await connect();
  const from = origin.base ?? await emptyTree(client, origin.path);
  if (from === undefined) return NOTHING;
  const [tracked, untracked] = await limited(origin.path, () =>
    Promise.all([
      trackedEntries(client, origin.path, from),
      untrackedPaths(client, origin.path),
    ]));
  const all = [...tracked, ...untracked.map(untrackedEntry)].sort((a, b) => a.path < b.path ? -1 : 1);
  const listed = all.slice(0, MAX_FILES);
  const { files, isComplete } = await withDiffs(client, origin.path, from, listed);
  const truncated = !isComplete || listed.length < all.length;
  return { base: origin.base, files, total_files: all.length, truncated };
}

async function isInRepository(path: string): Promise<boolean> {
  for (let at = path;; at = at.slice(0, at.lastIndexOf("/"))) {
    if (await isThere(`${at}/.git`)) return true;
    if (at === "" || !at.includes("/")) return false;
  }
}

/** The tree without files, with which the first commit is compared; `undefined` if git does not accept the repository. */
async function emptyTree(client: Client, directory: string): Promise<string | undefined> {
  const { code, stdout } = await readGit(client, { directory, args: ["hash-object", "-t", "tree", "--stdin"] });
  return code === 0 ? new TextDecoder().decode(stdout).trim() : undefined;
}

async function limited<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandLimitError)) throw error;
    throw new ProjectError("conflict", `there is too much to compare in ${path}: ${error.message}`, { cause: error });
  }
}

async function trackedEntries(client: Client, directory: string, from: string): Promise<DiffEntry[]> {
  const args = [...COMPARE, "--raw", "--numstat", "-z", "--abbrev=40", from, ...OWN_FILES];
  const { code, stdout, stderr } = await readGit(client, { directory, args, maxBytes: MAX_LIST_BYTES });
  if (code === 0) return parseEntries(new TextDecoder().decode(stdout));
  const reason = new TextDecoder().decode(stderr).trim();
  throw new ProjectError("conflict", `git cannot compare ${directory} with ${from}: ${reason}`);
}

async function untrackedPaths(client: Client, directory: string): Promise<string[]> {
  const args = ["ls-files", "--others", "--exclude-standard", "-z", ...OWN_FILES];
  const { code, stdout } = await readGit(client, { directory, args, maxBytes: MAX_LIST_BYTES });
  return code === 0 ? new TextDecoder().decode(stdout).split("\0").filter((path) => path !== "") : [];
}

function untrackedEntry(path: string): DiffEntry {
  return { path, change: "untracked", added: null, removed: null };
}

/** Adds the diffs, as long as there is room for them. */
async function withDiffs(
  client: Client,
  directory: string,
  from: string,
  entries: readonly DiffEntry[],
): Promise<{ readonly files: ChangedFile[]; readonly isComplete: boolean }> {
  const [files, encoder]: [ChangedFile[], TextEncoder] = [[], new TextEncoder()];
  let left = MAX_DIFF_BYTES;
  let isComplete = true;
  for (let at = 0; at < entries.length; at += BATCH) {
    const batch = entries.slice(at, at + BATCH);
    const tracked = batch.filter(({ change }) => change !== "untracked");
    const diffs = left > 0 ? await patches(client, directory, from, tracked) : undefined;
    for (const entry of batch) {
      const { file, isTooLarge } = entry.change === "untracked"
        ? await readUntracked(directory, entry.path, left)
        : withDiff(entry, diffs?.get(entry.path));
      const size = file.diff === undefined ? 0 : encoder.encode(file.diff).length;
      const fits = size <= left;
      files.push(fits ? file : withoutDiff(file));
      if (fits) left -= size;
      isComplete &&= fits && !isTooLarge;
    }
  }
  return { files, isComplete };
}

/** A file that is neither binary nor the same as before has a diff, unless that is too large. */
function withDiff(entry: DiffEntry, diff: string | undefined): FileWithDiff {
  if (entry.added === null) return { file: entry, isTooLarge: false };
  if (diff !== undefined) return { file: { ...entry, diff }, isTooLarge: false };
  return { file: entry, isTooLarge: entry.added + (entry.removed ?? 0) > 0 };
}

function withoutDiff({ diff: _diff, ...rest }: ChangedFile): ChangedFile {
  return rest;
}

/** Returns the diffs of some files; those that have too many are left out. */
async function patches(
  client: Client,
  directory: string,
  from: string,
  entries: readonly DiffEntry[],
): Promise<Map<string, string>> {
  if (entries.length === 0) return new Map();
  const paths = entries.flatMap(({ path, former_path: former }) => former === undefined ? [path] : [former, path]);
  const args = [...COMPARE, "--patch", from, "--", ...paths];
  try {
    const { stdout } = await readGit(client, {
      directory,
      args,
      hasLiteralPaths: true,
      maxBytes: MAX_DIFF_BYTES + 4096,
    });
    return splitPatch(new TextDecoder().decode(stdout), entries);
  } catch (error) {
    if (!(error instanceof CommandLimitError)) throw error;
    if (entries.length === 1) return new Map();
    const half = Math.ceil(entries.length / 2);
    const first = await patches(client, directory, from, entries.slice(0, half));
    return new Map([...first, ...await patches(client, directory, from, entries.slice(half))]);
  }
}

/**
 * The work trees of a repository that were made for sessions: what is in them that is nowhere else, and removing them.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { readGit } from "../client/read_git.ts";
import { counted } from "../system/counted.ts";
import { isMissing } from "../system/errno.ts";
import { readGitState, WORKTREES } from "./git_states.ts";
import { ProjectError } from "./project_error.ts";
import { isBelow } from "./project_root.ts";
import type { ProjectWorktree } from "./types.ts";

/** A work tree, without what git has to be asked for. */
export interface WorktreePlace {
  /** The name: its path below `.claude/worktrees/`. */
  readonly name: string;
  /** The path, without symlinks. */
  readonly path: string;
  /** The branch; `null` if none is checked out. */
  readonly branch: string | null;
}

/** The most work trees that are looked into. */
const MAX_WORKTREES = 200;

/**
 * Lists the work trees below `.claude/worktrees/` of a repository.
 *
 * @param repository The main directory of the repository, without symlinks.
 */
export async function listWorktrees(client: Client, repository: string): Promise<WorktreePlace[]> {
  const args = ["worktree", "list", "--porcelain", "-z"];
  const { code, stdout } = await readGit(client, { directory: repository, args });
  if (code !== 0) return [];
  const places: WorktreePlace[] = [];
  for (const block of new TextDecoder().decode(stdout).split("\0\0")) {
    const place = await placeOf(block.split("\0"), `${repository}/${WORKTREES}`);
    if (place !== undefined && places.length < MAX_WORKTREES) places.push(place);
  }
  return places;
}

/** Returns `undefined` for a work tree elsewhere, or one whose directory is gone. */
async function placeOf(lines: readonly string[], directory: string): Promise<WorktreePlace | undefined> {
  const field = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  const path = await realPathIfThere(field("worktree") ?? "");
  if (path === undefined || !isBelow(path, directory)) return undefined;
  const branch = field("branch")?.replace(/^refs\/heads\//, "") ?? null;
  return { name: path.slice(directory.length + 1), path, branch };
}

async function realPathIfThere(path: string): Promise<string | undefined> {
  try {
    return path === "" ? undefined : await Deno.realPath(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Returns what is in a work tree that is nowhere else. */
export async function lookIntoWorktree(
  client: Client,
  { path, branch }: Pick<WorktreePlace, "path" | "branch">,
): Promise<Pick<ProjectWorktree, "changes" | "unpushed">> {
  const [{ changes }, unpushed] = await Promise.all([readGitState(client, path), countUnpushed(client, path, branch)]);
  return { changes, unpushed };
}

/** Counts the commits that are on no other branch and on no remote. */
async function countUnpushed(client: Client, path: string, branch: string | null): Promise<number | null> {
  const others = branch === null ? ["--branches"] : [`--exclude=${branch}`, "--branches"];
  const args = ["rev-list", "--count", "HEAD", "--not", ...others, "--remotes"];
  const { code, stdout } = await readGit(client, { directory: path, args });
  return code === 0 ? Number(new TextDecoder().decode(stdout).trim()) : null;
}

/** What is to be removed. */
export interface WorktreeRemoval {
  /** The main directory of the repository, without symlinks. */
  readonly repository: string;
  /** The path of the work tree, or its name. */
  readonly worktree: string;
  /** The name of the work tree, repeated to confirm that its work is lost. */
  readonly confirm?: string | undefined;
}

/**
 * Finds a work tree that may be removed.
 *
 * @throws {ProjectError} If there is no such work tree, or it has uncommitted or unpushed work and that is not confirmed.
 */
export async function removableWorktree(client: Client, removal: WorktreeRemoval): Promise<WorktreePlace> {
  const { repository, worktree, confirm } = removal;
  const places = await listWorktrees(client, repository);
  const place = places.find(({ name, path }) => worktree === name || worktree === path);
  if (place === undefined) {
    throw new ProjectError("unknown", `there is no work tree "${worktree}" in ${repository}/${WORKTREES}`);
  }
  if (confirm === place.name) return place;
  const { changes, unpushed } = await lookIntoWorktree(client, place);
  if (changes === 0 && unpushed === 0) return place;
  if (changes === null || unpushed === null) {
    throw new ProjectError(
      "refused",
      `git cannot say what is in the work tree ${place.path}: to remove it all the same, repeat its name: confirm "${place.name}"`,
    );
  }
  const work = [
    ...(changes === 0 ? [] : [counted(changes, "uncommitted file")]),
    ...(unpushed === 0 ? [] : [`${counted(unpushed, "commit")} that nothing else has`]),
  ];
  throw new ProjectError(
    "refused",
    `the work tree ${place.path} has ${work.join(" and ")}: to lose that, repeat its name: confirm "${place.name}"`,
  );
}

/**
 * Removes a work tree and its branch.
 *
 * @throws {ProjectError} If git keeps it.
 */
export async function removeWorktree(client: Client, repository: string, place: WorktreePlace): Promise<void> {
  const params = { baseRepo: repository, worktreePath: place.path, branchName: place.branch ?? "" };
  const { success, error } = await client.call("git.worktree_remove", params);
  if (!success) throw new ProjectError("conflict", `the work tree ${place.path} was not removed: ${error}`);
}

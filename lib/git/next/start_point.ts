/**
 * The commit that a new work tree starts from (contract: Git methods of next).
 *
 * @module
 */

import { decodeUtf8 } from "../../system/utf8.ts";
import type { PinnedGit } from "./pinned_git.ts";

/** Where a new branch starts. */
export interface StartPoint {
  /** The commit; `HEAD` before the first one. */
  readonly commit: string;
  /** The branch to report; `undefined` for none. */
  readonly branch: string | undefined;
}

/** What a local branch must not have changed alone: it decides what an agent may do. */
const SETTINGS = [":(top).claude", ":(top).mcp.json"];

/**
 * Chooses between the local branch and the one of the remote `origin`, or takes HEAD.
 *
 * @param wanted The name of a branch; `""` for none.
 */
export async function startPoint(git: PinnedGit, wanted: string): Promise<StartPoint> {
  const found = wanted === "" ? undefined : await chosenCommit(git, wanted);
  if (found !== undefined) return { commit: found, branch: wanted };
  const [commit, branch] = await Promise.all([
    git.ask("rev-parse", "--verify", "-q", "HEAD^{commit}"),
    git.ask("symbolic-ref", "--short", "-q", "HEAD"),
  ]);
  return { commit: commit ?? "HEAD", branch: branch === "" ? undefined : branch };
}

/** Returns the commit of a ref, by its exact name. */
export async function commitOf(git: PinnedGit, ref: string): Promise<string | undefined> {
  return (await commitsOf(git, [ref])).get(ref);
}

async function commitsOf(git: PinnedGit, refs: readonly string[]): Promise<Map<string, string>> {
  const { isOk, stdout } = await git.run(["for-each-ref", "--format=%(objectname) %(refname)", ...refs]);
  const lines = isOk ? decodeUtf8(stdout).split("\n") : [];
  const pairs = lines.map((line) => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))] as const);
  return new Map(pairs.filter(([ref]) => refs.includes(ref)));
}

async function chosenCommit(git: PinnedGit, branch: string): Promise<string | undefined> {
  const names = [`refs/heads/${branch}`, `refs/remotes/origin/${branch}`] as const;
  const commits = await commitsOf(git, names);
  const [local, remote] = names.map((name) => commits.get(name));
  if (local === undefined || remote === undefined) return local ?? remote;
  return await isRemoteBetter(git, local, remote) ? remote : local;
}

async function isRemoteBetter(git: PinnedGit, local: string, remote: string): Promise<boolean> {
  if (local === remote) return true;
  const base = await git.ask("merge-base", local, remote);
  if (base === undefined || base === "" || base === local) return true;
  const args = ["diff-tree", "--quiet", "--no-ext-diff", "--no-textconv", "-r", base, local, "--", ...SETTINGS];
  return !(await git.run(args)).isOk;
}

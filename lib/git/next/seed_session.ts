/**
 * The files that the work tree of a session gets in addition to its commit, for `contract = next`: only such as git
 * ignores (contract: Git methods of next).
 *
 * @module
 */

import { decodeUtf8 } from "../../system/utf8.ts";
import { copyFiles, includeList, settingsFiles, withoutTrees } from "../seed.ts";
import type { PinnedGit } from "./pinned_git.ts";
import type { OpenRepository } from "./queries.ts";

/** What right below `.claude/` belongs to one place only, in lower case. */
const LOCAL_ONLY = new Set([
  "scheduled_tasks.json",
  "scheduled_tasks.lock",
  "routines/.state",
  "worktrees",
  "checkpoints",
  "mailbox",
  "agent-registry.json",
  "first-run",
  "assistant-daemon-state.json",
]);

/**
 * Copies the files; those that cannot be copied are skipped.
 *
 * @param isOver Polled between files; copying stops once it returns `true`.
 */
export async function seedSessionWorktree(
  { repository: { root }, git }: OpenRepository,
  worktree: string,
  isOver: () => boolean,
): Promise<void> {
  const names = [...await settingsFiles(root, isLocalOnly), ...await includedNames(git, root)];
  if (names.length === 0 || isOver()) return;
  const ignored = await ignoredAmong(git, [...new Set(names)]);
  await copyFiles({ from: root, to: worktree, names: ignored, isOver });
}

/** Whether a path below the repository must not be copied; what is in it is not looked at then. */
function isLocalOnly(name: string): boolean {
  const [, first = "", second] = name.toLowerCase().split("/");
  return LOCAL_ONLY.has(first) || (second !== undefined && LOCAL_ONLY.has(`${first}/${second}`));
}

/** Returns the untracked files that `.worktreeinclude` names, except those in other work trees. */
async function includedNames(git: PinnedGit, root: string): Promise<string[]> {
  const list = await includeList(root);
  if (list === undefined) return [];
  const { isOk, stdout } = await git.run(["ls-files", "-z", "--others", "--ignored", `--exclude-from=${list}`]);
  const names = isOk ? namesIn(stdout) : [];
  return await withoutTrees(root, names.filter((name) => !name.startsWith(".claude/") || !isLocalOnly(name)));
}

/** Returns those of the files that git ignores. */
async function ignoredAmong(git: PinnedGit, names: readonly string[]): Promise<string[]> {
  const input = new TextEncoder().encode(names.map((name) => `${name}\0`).join(""));
  const { isOk, stdout } = await git.run(["check-ignore", "-z", "--stdin"], { input });
  return isOk ? namesIn(stdout) : [];
}

function namesIn(output: Uint8Array): string[] {
  return decodeUtf8(output).split("\0").filter((name) => name !== "");
}

/**
 * Deleting the branch of a work tree that goes, unless only that branch has its commits (contract: Git methods of next).
 *
 * @module
 */

import { type Clock, systemClock } from "../../system/clock.ts";
import { decodeUtf8 } from "../../system/utf8.ts";
import type { GitResult } from "../run_git.ts";
import { gitText } from "./git_text.ts";
import type { PinnedGit } from "./pinned_git.ts";

/** How long the step may take, in milliseconds. */
const STEP_MS = 60_000;
/** With more branches than this, none is deleted. */
const MAX_BRANCHES = 10_000;
const HEADS = "refs/heads/";

/** What became of a branch. */
export type BranchOutcome =
  /** There is none, or it was deleted. */
  | { readonly kind: "gone" }
  /** It was kept, because its commits would be lost or others could be meant. */
  | { readonly kind: "kept" }
  /** It was kept, because it could not be checked. */
  | { readonly kind: "unchecked"; readonly error: string };

const GONE: BranchOutcome = { kind: "gone" };
const KEPT: BranchOutcome = { kind: "kept" };

/** Deletes branches, one at a time in a repository. */
export class BranchSteps {
  readonly #clock: Clock;
  /** The last step in each repository, by its git directory. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** @param clock The source of time. */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /**
   * Deletes a branch if another branch or a remote-tracking ref reaches its tip.
   *
   * @param commonDir The git directory of the repository.
   * @param limitMs How long each git command may take, in milliseconds; 0 for no limit.
   */
  async drop(git: PinnedGit, commonDir: string, branch: string, limitMs: number): Promise<BranchOutcome> {
    if (branch === "" || /^[-+]/.test(branch)) return GONE;
    const before = this.#last.get(commonDir) ?? Promise.resolve();
    const step = before.then(() => this.#drop(git, branch, limitMs));
    const settled = step.catch(() => {});
    this.#last.set(commonDir, settled);
    try {
      return await step;
    } finally {
      if (this.#last.get(commonDir) === settled) this.#last.delete(commonDir);
    }
  }

  async #drop(git: PinnedGit, branch: string, limitMs: number): Promise<BranchOutcome> {
    const end = this.#clock.elapsed() + STEP_MS;
    const run = (...args: string[]): Promise<GitResult> => {
      const left = Math.max(1, end - this.#clock.elapsed());
      return git.run(args, { timeoutMs: limitMs === 0 ? left : Math.min(limitMs, left) });
    };
    const heads = await run("for-each-ref", FORMAT, "--count=" + (MAX_BRANCHES + 1), HEADS);
    if (!heads.isOk) return unchecked(heads);
    const branches = refsIn(heads);
    const ref = `${HEADS}${branch}`;
    const own = branches.find(({ name }) => name === ref) ?? (branches.length > MAX_BRANCHES ? undefined : null);
    if (own === null) return GONE;
    if (own === undefined || branches.length > MAX_BRANCHES || hasSameNameButForCase(branches, ref)) return KEPT;
    if (own.symref !== "") return KEPT;
    const [trees, reaching] = await Promise.all([
      run("worktree", "list", "--porcelain"),
      run("for-each-ref", FORMAT, `--contains=${own.oid}`, HEADS, "refs/remotes/"),
    ]);
    if (!trees.isOk) return unchecked(trees);
    if (!reaching.isOk) return unchecked(reaching);
    // Git refuses to delete a branch that a work tree has checked out.
    if (decodeUtf8(trees.stdout).split("\n").includes(`branch ${ref}`)) return KEPT;
    if (!refsIn(reaching).some(({ name, symref }) => name !== ref && symref === "")) return KEPT;
    const deleted = await run("update-ref", "-d", ref, own.oid);
    return deleted.isOk ? GONE : unchecked(deleted);
  }
}

interface Ref {
  readonly name: string;
  readonly oid: string;
  /** What it points to by name; `""` if it points to a commit itself. */
  readonly symref: string;
}

const FORMAT = "--format=%(refname) %(objectname) %(symref)";

function refsIn({ stdout }: GitResult): Ref[] {
  return decodeUtf8(stdout).split("\n").filter((line) => line !== "").map((line) => {
    const [name = "", oid = "", symref = ""] = line.split(" ");
    return { name, oid, symref };
  });
}

/** Whether another branch has the same name but for case: a file system may take one for the other. */
function hasSameNameButForCase(refs: readonly Ref[], ref: string): boolean {
  const folded = ref.toLowerCase();
  return refs.some(({ name }) => name !== ref && name.toLowerCase() === folded);
}

function unchecked(result: GitResult): BranchOutcome {
  return { kind: "unchecked", error: gitText(result) };
}

/**
 * The texts of `contract = next` about work trees, by the ids that the contract's tables give them. Clients tell cases
 * apart by `errorCode`; the texts are for people (contract: Texts of next).
 *
 * @module
 */

import { goQuote } from "../../system/quote.ts";
import { REFUSAL_TEXTS } from "../refusal_texts.ts";
import type { Refused } from "../refusal_texts.ts";

const ABSOLUTE = 'choose the session folder by its absolute path, without ".."';

/** About the path of a work tree. */
export const PATH_TEXTS = {
  P1: (path: string) => `${path} is a relative path; ${ABSOLUTE}`,
  P2: (path: string) => `${path} contains a ".." component; ${ABSOLUTE}`,
  P3: (path: string, repo: string) =>
    `${path} is not inside the repository ${repo}; session worktrees are only created and removed under ` +
    "<repository>/.claude/worktrees",
  P4: REFUSAL_TEXTS.P4,
  P5: (path: string) => `${path} already exists, and a new worktree is only ever created in a fresh directory`,
  P6_LINK: REFUSAL_TEXTS.P6_LINK,
  P6_FILE: REFUSAL_TEXTS.P6_FILE,
  P7: REFUSAL_TEXTS.P7,
  P8: (path: string) =>
    `${path} is gone but its registration is locked (git worktree lock); unlock it to remove the registration and branch`,
  P9: (path: string, repo: string, why: string) =>
    `${path} is not a worktree of ${repo} (${why}), so it is left in place; remove it by hand if it is a leftover`,
} as const;

/** Why a directory is not a work tree of the repository, within P9. */
export const NO_WORKTREE_TEXTS = {
  noFile: (path: string) => `${path} has no .git file`,
  notRegular: (path: string) => `${path}/.git is not a regular file`,
  noGitDir: (path: string) => `${path}/.git does not name a git dir`,
  notOwn: (path: string) =>
    `${path} carries a .git file that does not name this repository's own worktree admin directory`,
  otherRecord: (path: string) =>
    `${path} carries a .git file naming an admin directory whose own record is of a different worktree`,
} as const;

const OUTSIDE = "a worktree location must be outside";

/** About the directory of work trees outside of the repository. */
export const ROOT_TEXTS = {
  R1: (path: string, root: string) => `${path} is not <worktree location>/<directory>/<name> beneath ${root}`,
  R2: (root: string, repo: string) => `${root} is the repository ${repo} or inside it; ${OUTSIDE} the repository`,
  R3: (root: string, repo: string, at: string) =>
    `${root} leads into the repository ${repo} (at ${at}); ${OUTSIDE} the repository`,
  R4: (root: string, tree: string, repo: string) =>
    `${root} leads into ${tree}, a worktree of the repository ${repo} (at ${tree}); ${OUTSIDE} the repository's checkouts`,
  R5: (root: string, directory: string, who: string, mode: string) =>
    `${root} passes through ${directory}, which is writable by ${who} without the sticky bit (mode ${mode}), so they ` +
    "could replace what is beneath it; choose a location under directories only you (or the system) control, or " +
    "remove the extra write permission (chmod go-w)",
  R6: (root: string, directory: string, uid: number) =>
    `${root} passes through ${directory}, which is owned by uid ${uid}, neither you nor the system; choose a location ` +
    "you reach through your own directories",
  R7: (root: string, directory: string) =>
    `${root} is inside a git checkout (${directory} has a .git entry); ${OUTSIDE} every checkout, so that no session ` +
    "working in one can reach it — choose a directory that is not part of any repository",
  R8: (root: string, owner: number, uid: number) =>
    `${root} is owned by uid ${owner}, not by you (uid ${uid}); choose a directory you own, for example under your ` +
    "home directory (directories on network or container storage that report a different owner are refused the same way)",
  R9: (root: string, who: string, mode: string) =>
    `${root} is writable by ${who} (mode ${mode}); choose a directory only you can write to, or remove the extra write ` +
    "permission (chmod go-w)",
  R10: (directory: string) =>
    `${directory} is a symbolic link; the directory under the worktree location must be a real directory`,
  R11: (directory: string) => `${directory} is itself a git checkout (it has a .git entry); ${OUTSIDE} every checkout`,
  R12: (directory: string, name: string) =>
    `${directory} already exists, is not marked as a worktree directory, and holds other files (for example ` +
    `"${name}"); the per-repository directory under a worktree location must start out empty — remove it, restore its ` +
    ".claude-managed-worktrees file if you deleted it, or choose another location",
  R13: () =>
    '/ is a filesystem root; choose the worktree location by its absolute path, without "..", beneath the filesystem root',
  R14: (root: string) => `${root} cannot be used: a custom worktree location is not supported on Windows hosts yet`,
} as const;

/** Texts that stand alone. */
export const WHOLE_TEXTS = {
  W1: "baseRepo is inside a managed worktrees directory (beneath .claude/worktrees, or beneath a directory holding a " +
    ".claude-managed-worktrees marker), or could not be validated as a trust root",
  W2: (path: string) =>
    `failed to remove worktree: could not check whether ${path} is locked (its registrations could not be examined); retry`,
  W3: (root: string) =>
    `failed to remove worktree: the worktree location ${root} is not reachable (${root} does not exist); nothing was ` +
    "removed — retry once it is available, or remove the worktree by hand",
  W4: (path: string, branch: string) =>
    `; and the undo could not finish for ${path}: the worktree itself was removed, but branch ${branch} was left in ` +
    "place: it now has commits no other branch or remote-tracking ref reaches. To keep that work, push the branch or " +
    `rename it. To discard it, run git branch -D ${branch}. This branch name cannot be reused until the branch is ` +
    "renamed or deleted",
  W5: (path: string, branch: string, error: string) =>
    `; and the undo could not finish for ${path}: branch ${branch} still exists; delete it by hand (for example: git ` +
    `branch -d ${branch}, which git refuses if that would lose commits) before retrying this branch name: could not ` +
    "check whether another branch or remote-tracking ref reaches its commits" + (error === "" ? "" : ` (${error})`),
  W6: (name: string, reason: string) =>
    `removed the worktree but could not drop its registration (RemoveAll ${name}: ${reason})`,
  W11: (error: string, text: string) => `git cannot run on this host; git not run: ${error}: ${text}`,
  W12: (error: string, text: string) =>
    "config-defined hooks could not be pinned off; git not run: listing the configuration in force: " +
    `${error}: ${text}`,
  noDirectory: (what: Refused) =>
    what === "create"
      ? 'failed to create parent directory: "" does not name a directory'
      : 'failed to remove worktree: "" does not name a directory',
  notADirectory: (path: string) => `failed to create parent directory: ${path} is not a directory`,
  addFailed: (text: string) => `git worktree add failed: ${text}`,
  attachRefused: (branch: string, text: string) =>
    ` (attaching to the existing branch ${branch} was refused first: ${text})`,
  checkoutFailed: (text: string) => `git worktree add failed (checkout): ${text}`,
  removeFailed: (entry: string, reason: string) => `failed to remove worktree: RemoveAll ${entry}: ${reason}`,
  timeout: (ms: number, when: string) => `git worktree add timed out after ${ms}ms (deadline expired ${when})`,
} as const;

/** When the time for a new work tree was over, within the text of the timeout. */
export const TIMEOUT_MOMENTS = {
  before: "before the checkout started",
  during: "during the checkout",
  after: "after the checkout finished",
} as const;

/** How much of a path and of a content is quoted, in characters. */
const QUOTED = { path: 300, content: 60 } as const;

const SMALL = "is not a small plain file";
const WRITES = "git writes that file only inside .git/worktrees/<name>/";
const TAMPERING = "treat it as tampering: delete it, and if you did not create it, find out what did";

/** About a `commondir` file that cannot be trusted; see {@linkcode untrusted}. */
export const TRUST_TEXTS = {
  M2: (file: string, gitDir: string) =>
    `${quoted(file)} does not name the entry's own repository, ${quoted(gitDir)}; restore the file to read ../.. or ` +
    "remove that worktree entry and add the worktree again",
  M3: (entry: string) =>
    `worktree entry ${
      quoted(entry)
    } has none (git always writes one there, containing ../..); the entry is damaged or ` +
    "was not made by git — recreate the worktree with git worktree add, or remove the entry",
  M4: (file: string, reason: string) =>
    `${
      quoted(file)
    } ${SMALL} (${reason}); remove it, or remove that worktree entry and add the worktree again so git ` +
    "rewrites it",
  S1: (file: string, content: string) =>
    `${quoted(file)} reads ${quoted(content, QUOTED.content)}; ${WRITES}, and Claude Code's sandbox may leave one ` +
    `containing just "."; anything else sends git's configuration and hooks elsewhere, so ${TAMPERING}`,
  S2: (file: string, reason: string) =>
    `${quoted(file)} ${SMALL} (${reason}); ${WRITES}; one here can send git's configuration and hooks elsewhere, so ` +
    TAMPERING,
  S3: (file: string) =>
    `${
      quoted(file)
    } sits in a git directory git would not take as a repository (its HEAD, objects or refs missing or ` +
    "invalid), so git would look for one somewhere else; repair that directory (usually its HEAD file)",
} as const;

/** Returns the whole text of a git directory that cannot be trusted. */
export function untrusted(text: string): string {
  return "the repository's git directory could not be trusted; git not run: commondir not as git writes it: " + text;
}

function quoted(text: string, most: number = QUOTED.path): string {
  return goQuote([...text].slice(0, most).join(""));
}

/**
 * The texts of work trees that are refused in every generation of the contract, because going on might do harm; those of
 * `next` alone are in `next/texts.ts` (contract: Git methods).
 *
 * @module
 */

/** What is refused; it is the start of each text about paths. */
export type Refused = "create" | "remove";

/** Returns the whole text of a refusal. */
export function refusing(what: Refused, text: string): string {
  return `refusing to ${what} worktree: ${text}`;
}

/** By the ids that the contract's tables give them. */
export const REFUSAL_TEXTS = {
  P4: (component: string) =>
    `${component} is a symbolic link; a symlinked .claude or .claude/worktrees inside the repository is not ` +
    "supported for SSH sessions, because a repository can plant such a link and a planted one cannot reliably be told " +
    "apart from your own. Replace it with a real directory (or delete it and it will be recreated)",
  P6_LINK: (path: string) => `${path} is a symbolic link, not a worktree directory`,
  P6_FILE: (path: string) => `${path} is not a directory`,
  P7: (path: string) => `${path} is locked (git worktree lock); unlock it to remove it`,
} as const;

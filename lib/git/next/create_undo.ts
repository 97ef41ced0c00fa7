/**
 * Undoing the creation of a work tree (contract: Git methods of next).
 *
 * @module
 */

import { errnoCode } from "../../system/errno.ts";
import type { BranchSteps } from "./branch_step.ts";
import { entriesOf } from "./entries.ts";
import type { OpenRepository } from "./queries.ts";
import { WHOLE_TEXTS } from "./texts.ts";
import { removeContents, removeRegistration } from "./tree_removal.ts";

/** The work tree that is undone. */
export interface UndoSpec {
  /** Its path. */
  readonly path: string;
  /** Its path in texts. */
  readonly shownPath: string;
  /** Its branch. */
  readonly branch: string;
  /** Whether the branch was made for it. */
  readonly isNew: boolean;
}

/** What is added to the error of a creation that was undone. */
export interface Undone {
  /** The text; `""` if nothing is left. */
  readonly suffix: string;
  /** Whether the branch was kept because its commits would be lost. */
  readonly isBranchKept: boolean;
}

/** Removes what a creation has made: the contents, the entry, the branch, the directory. */
export async function undoCreate(
  { path, shownPath, branch, isNew }: UndoSpec,
  { repository: { commonDir }, git }: OpenRepository,
  { branches, gitTimeoutMs }: { readonly branches: BranchSteps; readonly gitTimeoutMs: number },
): Promise<Undone> {
  const entries = await entriesIfReadable(commonDir, path);
  await removeContents(path);
  for (const entry of entries) await removeRegistration(entry);
  const outcome = isNew ? await branches.drop(git, commonDir, branch, gitTimeoutMs) : { kind: "gone" } as const;
  try {
    await Deno.remove(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error; // something is in it again, or it is gone
  }
  switch (outcome.kind) {
    case "gone":
      return { suffix: "", isBranchKept: false };
    case "kept":
      return { suffix: WHOLE_TEXTS.W4(shownPath, branch), isBranchKept: true };
    case "unchecked":
      return { suffix: WHOLE_TEXTS.W5(shownPath, branch, outcome.error), isBranchKept: false };
  }
}

/** Drops the entry of a work tree that is gone, so that its path can be used again. */
export async function dropStaleEntry(commonDir: string, path: string): Promise<void> {
  const entries = await entriesIfReadable(commonDir, path);
  if (entries.length === 1 && !entries[0]!.isLocked) await removeRegistration(entries[0]!);
}

async function entriesIfReadable(commonDir: string, path: string): ReturnType<typeof entriesOf> {
  try {
    return await entriesOf(commonDir, path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return []; // git will say what is wrong
  }
}

/**
 * A request about a work tree that is refused (contract: Git methods of next).
 *
 * @module
 */

import { ClaustrumError } from "../../system/claustrum_error.ts";
import { type Refused, refusing } from "../refusal_texts.ts";

/** The codes by which clients tell failures of `git.worktree_create` apart. */
export type CreateErrorCode =
  | "unsafe_path"
  | "symlinked_component"
  | "not_a_repo"
  | "nested_base_repo"
  | "mkdir_failed"
  | "worktree_add_failed"
  | "timeout";

/** A request is refused or has failed; the message is the contract's text. */
export class WorktreeRefusal extends ClaustrumError {
  /** The code of the failure; a removal does not send it. */
  readonly code: CreateErrorCode;

  /**
   * @param code The code of the failure.
   * @param text The whole text.
   */
  constructor(code: CreateErrorCode, text: string) {
    super(text);
    this.code = code;
  }
}

/** Returns the refusal of a path. */
export function refusal(what: Refused, text: string, code: CreateErrorCode = "unsafe_path"): WorktreeRefusal {
  return new WorktreeRefusal(code, refusing(what, text));
}

/**
 * The permissions that agents ask for, and the rules that answer them without asking.
 *
 * @module
 */

import type { Store } from "../store/store.ts";
import type { Changes } from "./changes.ts";
import type { PermissionData } from "./questions.ts";
import { SessionError } from "./session_error.ts";
import type { SessionList } from "./session_list.ts";
import type { PendingPermission, PermissionAnswer, SessionRule } from "./types.ts";

/** See the module comment. */
export class Permissions {
  readonly #store: Store;
  readonly #changes: Changes;
  readonly #sessions: SessionList;

  /** Creates it over the sessions. */
  constructor({ store, changes, sessions }: { store: Store; changes: Changes; sessions: SessionList }) {
    this.#store = store;
    this.#changes = changes;
    this.#sessions = sessions;
  }

  /**
   * Returns the rules of a session.
   *
   * @throws {SessionError} If there is no such session.
   */
  rules(reference: string): SessionRule[] {
    return this.#sessions.find(reference).questions.rules();
  }

  /**
   * Removes a rule; from now on the session asks again.
   *
   * @throws {SessionError} If there is no such session or rule.
   */
  removeRule(reference: string, ruleId: string): void {
    const runner = this.#sessions.find(reference);
    this.#changes.run(() => {
      if (!this.#store.rules.delete(runner.record.id, ruleId)) {
        throw new SessionError("unknown", `session "${runner.record.name}" has no rule ${ruleId}`);
      }
    });
    runner.questions.reloadRules();
  }

  /** Returns what all sessions ask for, oldest first. */
  pending(): PendingPermission[] {
    const all = this.#sessions.all().flatMap((runner) => runner.questions.pending());
    return all.sort((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
  }

  /**
   * Answers a permission.
   *
   * @param by Who answers.
   * @throws {SessionError} If nobody asks for it any more, or it cannot be answered like this.
   */
  answer(permissionId: string, answer: PermissionAnswer, by: string): void {
    const row = this.#store.permissions.get(permissionId);
    const runner = row === undefined ? undefined : this.#sessions.byId(row.session);
    if (row === undefined || runner === undefined) {
      throw new SessionError("unknown", `there is no permission ${permissionId}`);
    }
    if (row.ended_at !== undefined) throw new SessionError("conflict", tooLate(row.outcome));
    if (answer.decision === "allow_session" && answer.updated_input !== undefined) {
      throw new SessionError("bad_params", "updated_input cannot be allowed for the session: allow it once");
    }
    const { rule, toolName } = JSON.parse(row.data) as PermissionData;
    if (answer.decision === "allow_session" && rule === undefined) {
      throw new SessionError("bad_params", `this call of ${toolName} cannot be allowed for the session: allow it once`);
    }
    this.#changes.run(() => runner.questions.answer(row, answer, by));
  }
}

function tooLate(outcome: string | undefined): string {
  const { state, decision, by } = JSON.parse(outcome ?? "{}");
  if (state !== "answered") return "the agent no longer asks for this permission";
  return `${by} has already answered this permission: ${decision}`;
}

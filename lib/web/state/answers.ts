/**
 * The answers to permissions that are given on this page, and news of those that others give.
 *
 * @module
 */

import { effect } from "@preact/signals";
import { type HubApi, HubProblem } from "../api/client.ts";
import type { PendingPermission, PermissionAnswer, SessionEvent } from "../../sessions/types.ts";
import type { HubState } from "./hub_state.ts";
import type { Toasts } from "./toasts.ts";

/** How many permissions are remembered after they have gone. */
const MAX_REMEMBERED = 500;
/** How the hub says who was faster. */
const ANSWERED = /^(.+) has already answered this permission: (\w+)$/;

/** The end of a permission, as its event tells it. */
interface Outcome {
  readonly permission_id?: unknown;
  readonly decision?: unknown;
  readonly by?: unknown;
}

/** Options of {@linkcode Answers}. */
export interface AnswersOptions {
  /** Calls operations. */
  readonly api: Pick<HubApi, "call">;
  /** What is known of the hub. */
  readonly hub: HubState;
  /** Where others' answers are told. */
  readonly toasts: Pick<Toasts, "say">;
}

/** Answers permissions, and tells when somebody else has answered one that was shown. */
export class Answers {
  readonly #options: AnswersOptions;
  /** The permissions that were shown. */
  readonly #known = new Map<string, PendingPermission>();
  /** The ids of those that this page has answered. */
  readonly #own = new Set<string>();

  /** @param options What it works with. */
  constructor(options: AnswersOptions) {
    this.#options = options;
    effect(() => this.#remember(options.hub.permissions.value));
    options.hub.watch((event) => this.#take(event));
  }

  /**
   * Answers a permission. If somebody else was faster, that is told.
   *
   * @throws {HubProblem} If the hub refuses the answer for another reason, or cannot be reached.
   */
  async answer(permission: PendingPermission, answer: PermissionAnswer): Promise<void> {
    const { api, hub, toasts } = this.#options;
    const { id } = permission;
    this.#own.add(id);
    try {
      await api.call("permission.answer", { permission_id: id, ...answer });
    } catch (error) {
      const isOver = error instanceof HubProblem && (error.status === 409 || error.status === 404);
      if (!isOver) {
        this.#own.delete(id);
        throw error;
      }
      toasts.say(this.#tooLate(permission, error.message));
    }
    hub.dropPermission(id);
  }

  #remember(permissions: readonly PendingPermission[]): void {
    for (const permission of permissions) this.#known.set(permission.id, permission);
    while (this.#known.size > MAX_REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
  }

  #take({ type, subtype, payload }: SessionEvent): void {
    if (type !== "permission" || subtype !== "answered") return;
    const { permission_id: id, decision, by } = payload as Outcome;
    if (typeof id !== "string" || this.#own.delete(id)) return;
    const permission = this.#known.get(id);
    if (permission !== undefined) this.#options.toasts.say(this.#told(permission, String(decision), String(by)));
  }

  /** Says why an answer came too late. */
  #tooLate(permission: PendingPermission, reason: string): string {
    const [, by, decision] = ANSWERED.exec(reason) ?? [];
    return by === undefined || decision === undefined ? capitalised(reason) : this.#told(permission, decision, by);
  }

  #told({ tool_name, session }: PendingPermission, decision: string, by: string): string {
    return told(tool_name, this.#options.hub.nameOf(session), decision, by);
  }
}

/** Says who has answered a permission, and what. */
export function told(tool: string, session: string | undefined, decision: string, by: string): string {
  const what = decision === "deny" ? "denied" : "allowed";
  const where = session === undefined ? "" : ` in ${session}`;
  const extent = decision === "allow_session" ? " for the session" : "";
  return `${WHO[by] ?? capitalised(by)} ${what} ${tool}${where}${extent}`;
}

/** Who answers without a name of their own. */
const WHO: Readonly<Record<string, string>> = {
  owner: "The owner",
  token: "Somebody with the hub's token",
  "command line": "Somebody on the command line",
};

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

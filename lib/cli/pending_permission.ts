/**
 * Finds the permission that a command is to answer.
 *
 * @module
 */

import type { HubClient } from "../hub/hub_client.ts";
import type { PendingPermission, Session } from "../sessions/types.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { findById } from "./choose_id.ts";
import { describePermission } from "./permission_text.ts";

/** Returns the permissions of a session that wait for a person, the oldest first. */
export async function pendingPermissions(client: HubClient, session: string): Promise<PendingPermission[]> {
  const all = await client.call("permissions.list", {});
  return all.filter((permission) => permission.session === session);
}

/**
 * Chooses among the permissions that wait.
 *
 * @param id The id or a unique beginning of it; `undefined` for the only one.
 * @returns The permission; or only its id, if it does not wait any more: the hub knows what became of it.
 * @throws {ClaustrumError} If no id is given, and there is not exactly one.
 */
export function choosePermission(
  pending: readonly PendingPermission[],
  id: string | undefined,
  session: Session,
): PendingPermission | { readonly id: string } {
  if (id !== undefined) return findById(pending, id) ?? { id };
  if (pending.length === 1) return pending[0]!;
  if (pending.length === 0) throw new ClaustrumError(`no permission of ${session.name} waits for an answer`);
  const list = pending.map((permission) => `\n  ${permission.id}  ${describePermission(permission)[0]}`).join("");
  throw new ClaustrumError(`${pending.length} permissions of ${session.name} wait: add the id of one${list}`);
}

/**
 * Finds the instance that somebody means.
 *
 * @module
 */

import { RequestError } from "../system/request_error.ts";
import { type InstanceRecord, isLive } from "./record.ts";

const MAX_LISTED = 5;

/** What is looked at. */
type Named = Pick<InstanceRecord, "id" | "name" | "endedAt">;

/**
 * Finds an instance by its id, by its name, or by a unique prefix of either. Of several with a name, the one that runs is
 * meant.
 *
 * @param takesPrefix Whether a prefix will do.
 * @throws {RequestError} If there is none, or several could be meant.
 */
export function findInstance<T extends { readonly record: Named }>(
  all: readonly T[],
  reference: string,
  takesPrefix = true,
): T {
  const exact = all.find(({ record }) => record.id === reference);
  if (exact !== undefined) return exact;
  const named = all.filter(({ record }) => record.name === reference);
  const live = named.filter(({ record }) => isLive(record));
  const byName = live.length > 0 ? live : named;
  const found = byName.length > 0 || !takesPrefix || reference === ""
    ? byName
    : all.filter(({ record: { id, name } }) => id.startsWith(reference) || name.startsWith(reference));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new RequestError("unknown", `there is no instance ${JSON.stringify(reference)}`);
  const names = found.slice(0, MAX_LISTED).map(({ record: { id, name } }) => `${name} (${id})`).join(", ");
  const more = found.length > MAX_LISTED ? ` and ${found.length - MAX_LISTED} more` : "";
  throw new RequestError("conflict", `${JSON.stringify(reference)} could be ${names}${more}: say which by its id`);
}

/**
 * Shows API tokens, sign-ins and the audit of a hub to people.
 *
 * @module
 */

import type { ApiToken, AuditEntry, SignIn } from "../hub/access_operation_types.ts";
import { safeTable } from "./safe_table.ts";
import { formatAge } from "./table.ts";

/** How texts are fitted to the terminal. */
export interface HubTextOptions {
  /** The width of the terminal; `Infinity` if there is none. */
  readonly columns: number;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/** Formats API tokens as a table. */
export function formatTokens(tokens: readonly ApiToken[], options: HubTextOptions): string {
  const rows = tokens.map(({ name, read_only, created_at, used_at }) => [
    name,
    read_only ? "read only" : "all",
    age(created_at, options),
    used_at === undefined ? "never" : `${age(used_at, options)} ago`,
  ]);
  return safeTable([["NAME", "MAY", "AGE", "USED"], ...rows], options.columns);
}

/** Formats sign-ins as a table. */
export function formatSignIns(signIns: readonly SignIn[], options: HubTextOptions): string {
  const rows = signIns.map(({ id, user, way, read_only, address, created_at, used_at, agent }) => [
    id,
    user,
    read_only ? `${way}, read only` : way,
    address,
    age(created_at, options),
    `${age(used_at, options)} ago`,
    agent,
  ]);
  return safeTable([["ID", "USER", "BY", "ADDRESS", "AGE", "USED", "BROWSER"], ...rows], options.columns);
}

/** Formats entries of the audit as a table. */
export function formatAudit(entries: readonly AuditEntry[], { columns }: Pick<HubTextOptions, "columns">): string {
  const rows = entries.map(({ at, who, way, address, what, target, result }) => [
    at,
    who,
    way,
    address ?? "",
    what,
    result,
    target ?? "",
  ]);
  return safeTable([["WHEN", "WHO", "BY", "ADDRESS", "WHAT", "RESULT", "ABOUT"], ...rows], columns);
}

function age(at: string, { now }: HubTextOptions): string {
  return formatAge((now - Date.parse(at)) / 1000);
}

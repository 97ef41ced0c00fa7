/**
 * API tokens and sign-ins as clients get them, without what is secret.
 *
 * @module
 */

import type { ApiTokenRow, SignInRow } from "../../store/store.ts";
import type { Caller } from "../caller.ts";
import type { ApiToken, SignIn } from "../access_operation_types.ts";

/** Returns an API token as clients get it. */
export function shownToken({ id, name, isReadOnly, createdAt, usedAt }: Omit<ApiTokenRow, "hash">): ApiToken {
  return {
    id,
    name,
    read_only: isReadOnly,
    created_at: timeText(createdAt),
    ...(usedAt === undefined ? {} : { used_at: timeText(usedAt) }),
  };
}

/** Returns a sign-in as clients get it. */
export function shownSignIn(row: SignInRow, caller: Caller): SignIn {
  return {
    id: row.id,
    user: row.user,
    way: row.way,
    read_only: row.isViewer,
    address: row.address,
    agent: row.agent,
    created_at: timeText(row.createdAt),
    used_at: timeText(row.usedAt),
    expires_at: timeText(row.expiresAt),
    is_current: row.id === caller.signIn,
  };
}

function timeText(at: number): string {
  return new Date(at).toISOString();
}

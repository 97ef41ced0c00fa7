/**
 * Decides whether the hub may listen where the configuration says.
 *
 * @module
 */

import type { AuthConfig, WebConfig } from "../hub_config.ts";
import { addressText, isLoopback } from "./addresses.ts";

/**
 * Returns why the hub must not listen: other machines could reach it, and nothing would keep them out.
 *
 * @returns A sentence that says what to set; `undefined` if the hub may listen, or does not listen at all.
 */
export function listenProblem(
  { web, auth }: { readonly web: WebConfig; readonly auth: AuthConfig },
): string | undefined {
  const { listen } = web;
  if (listen === undefined || isLoopback(listen.hostname) || auth.allowsUnauthenticatedNetwork) return undefined;
  const start = `cannot listen on ${addressText(listen)}, which other machines may reach`;
  if (auth.isDisabled) {
    return `${start}, while auth.disabled = true: remove it, listen on 127.0.0.1, ` +
      "or set auth.allow_unauthenticated_network = true";
  }
  if (auth.passwordHash !== undefined || auth.proxy !== undefined) return undefined;
  return `${start}, without a way to sign in: set auth.password_hash (claustrum hub hash-password makes one), ` +
    "auth.proxy, or auth.allow_unauthenticated_network = true; or listen on 127.0.0.1";
}

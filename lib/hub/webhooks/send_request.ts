/**
 * Sends a request to the address of a webhook.
 *
 * @module
 */

import { connectionErrorText } from "../../install/http_error.ts";
import type { Clock } from "../../system/clock.ts";
import { isPermissionMissing } from "../../system/permissions.ts";
import type { WebhookRequest } from "./webhook_request.ts";

/** How long the other end may take to answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** Options of {@linkcode sendRequest}. */
export interface SendOptions {
  /** The source of time. */
  readonly clock: Clock;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/**
 * Posts a request. Redirects are not followed, and no more is read than the status.
 *
 * @returns Why it has failed, in words that do not contain the address; `undefined` if the other end has taken it.
 * @throws The signal's reason.
 */
export async function sendRequest(
  url: string,
  { headers, body }: WebhookRequest,
  { clock, signal }: SendOptions,
): Promise<string | undefined> {
  const timeout = new AbortController();
  const cancel = clock.after(TIMEOUT_MS, () => timeout.abort());
  // Connections that stay open would be of no use for hours.
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    const both = AbortSignal.any([signal, timeout.signal]);
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: both, client });
    await response.body?.cancel();
    return statusProblem(response);
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.signal.aborted) return `no answer within ${TIMEOUT_MS / 1000} s`;
    const address = new URL(url);
    if (isPermissionMissing(error)) return `the hub was started without permission to reach ${address.host}`;
    // That is how `fetch` says that there is no response.
    if (error instanceof TypeError) return connectionErrorText(error, address);
    throw error;
  } finally {
    cancel();
  }
}

function statusProblem({ ok, status }: Response): string | undefined {
  if (ok) return undefined;
  return status >= 300 && status < 400 ? `HTTP ${status}: redirects are not followed` : `HTTP ${status}`;
}

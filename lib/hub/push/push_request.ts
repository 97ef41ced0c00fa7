/**
 * A message to a push service: RFC 8030.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { connectionErrorText } from "../../install/http_error.ts";
import type { PushSubscriptionRow } from "../../store/store.ts";
import type { Clock } from "../../system/clock.ts";
import { isPermissionMissing } from "../../system/permissions.ts";
import { encryptMessage } from "./encrypt.ts";
import type { PushKind, PushNotice } from "./push_types.ts";
import type { VapidProofs } from "./vapid.ts";

/** How long a push service may take to answer, in milliseconds. */
const TIMEOUT_MS = 10_000;
/** How long a message is kept for a device that cannot be reached, in seconds. */
const TTL_SECONDS: Readonly<Record<PushKind, number>> = { needs_you: 86_400, failed: 86_400, finished: 14_400 };
/** Whether a device that saves power is woken. */
const URGENCY: Readonly<Record<PushKind, string>> = { needs_you: "high", failed: "high", finished: "normal" };
/** The most characters of a topic. */
const TOPIC_LENGTH = 32;

/** What became of a message. */
export type PushOutcome =
  | { readonly kind: "sent" }
  /** The browser has unsubscribed, or its subscription has expired. */
  | { readonly kind: "gone" }
  /** It may be sent again. */
  | { readonly kind: "later"; readonly problem: string; readonly afterSeconds: number | undefined }
  | { readonly kind: "failed"; readonly problem: string };

/** Options of {@linkcode sendPush}. */
export interface SendPushOptions {
  /** Prove who sends it. */
  readonly proofs: VapidProofs;
  /** The source of time. */
  readonly clock: Clock;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/**
 * Returns what a push service knows messages by that replace each other: those to a browser about a session. It does not
 * contain the id of the session.
 */
export function topicOf({ endpoint }: Pick<PushSubscriptionRow, "endpoint">, { session }: PushNotice): string {
  return createHash("sha256").update(`${endpoint} ${session}`).digest("base64url").slice(0, TOPIC_LENGTH);
}

/**
 * Sends a message once. Redirects are not followed, and no more is read than the status.
 *
 * @throws The signal's reason.
 */
export async function sendPush(
  subscription: PushSubscriptionRow,
  notice: PushNotice,
  { proofs, clock, signal }: SendPushOptions,
): Promise<PushOutcome> {
  const { endpoint } = subscription;
  const url = new URL(endpoint);
  const headers = {
    "authorization": await proofs.header(url.origin, clock.now()),
    "content-encoding": "aes128gcm",
    "content-type": "application/octet-stream",
    "ttl": String(TTL_SECONDS[notice.kind]),
    "urgency": URGENCY[notice.kind],
    "topic": topicOf(subscription, notice),
  };
  const body = await encryptMessage(new TextEncoder().encode(JSON.stringify(notice)), subscription);
  const timeout = new AbortController();
  const cancel = clock.after(TIMEOUT_MS, () => timeout.abort());
  // Connections that stay open would be of no use for hours.
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    const both = AbortSignal.any([signal, timeout.signal]);
    const response = await fetch(endpoint, { method: "POST", headers, body, redirect: "manual", signal: both, client });
    await response.body?.cancel();
    return outcomeOf(response);
  } catch (error) {
    signal.throwIfAborted();
    const later = (problem: string) => ({ kind: "later", problem, afterSeconds: undefined }) as const;
    if (timeout.signal.aborted) return later(`no answer within ${TIMEOUT_MS / 1000} s`);
    if (isPermissionMissing(error)) {
      return { kind: "failed", problem: `the hub was started without permission to reach ${url.host}` };
    }
    // That is how `fetch` says that there is no response.
    if (error instanceof TypeError) return later(connectionErrorText(error, url));
    throw error;
  } finally {
    cancel();
  }
}

function outcomeOf({ ok, status, headers }: Response): PushOutcome {
  if (ok) return { kind: "sent" };
  if (status === 404 || status === 410) return { kind: "gone" };
  const problem = `HTTP ${status}`;
  if (status !== 429 && status < 500) return { kind: "failed", problem };
  const after = headers.get("retry-after") ?? "";
  return { kind: "later", problem, afterSeconds: /^\d{1,9}$/.test(after) ? Number(after) : undefined };
}

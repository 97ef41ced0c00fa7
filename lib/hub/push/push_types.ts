/**
 * What the hub and browsers tell each other for Web Push.
 *
 * @module
 */

/** Whether browsers are told of events while no page of the hub is open. */
export interface PushState {
  /** Whether the hub does that. */
  readonly is_enabled: boolean;
  /** The public key that browsers subscribe with: a point of P-256 in base64url; absent if it is off. */
  readonly key?: string;
  /** Whether the browser that asks is told. */
  readonly is_subscribed: boolean;
}

/** How a browser is told of events, as the browser itself describes it. */
export interface PushSubscriptionParams {
  /** The address at the push service of the browser. */
  readonly endpoint: string;
  /** The public key and the secret with which messages are encrypted, in base64url. */
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

/** What happened. */
export type PushKind = "needs_you" | "finished" | "failed";

/** What a browser is told. */
export interface PushNotice {
  /** What happened. */
  readonly kind: PushKind;
  /** The id of the session. */
  readonly session: string;
  /** The id of the permission that waits; only if the session needs somebody. */
  readonly permission?: string;
  /** The path of the page about it, below that of the hub. */
  readonly path: string;
}

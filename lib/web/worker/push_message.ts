/**
 * What is shown for a message of the hub that comes over Web Push.
 *
 * @module
 */

import type { PushKind, PushNotice } from "../../hub/push/push_types.ts";

/** The only paths that a notification leads to. */
const PATH = /^\/(?:sessions|permissions)\/[\w-]+$/;
const TITLES: Readonly<Record<PushKind, string>> = {
  needs_you: "A session needs you",
  finished: "A session has finished",
  failed: "A session has failed",
};

/** What is shown. */
export interface PushedNotification {
  /** What happened. */
  readonly title: string;
  /** Where. */
  readonly body: string;
  /** Names what it is about, as the notifications of the page's tabs do. */
  readonly tag: string;
  /** The address of the page about it, without the origin. */
  readonly href: string;
}

/**
 * Returns what is shown for a message. Something is shown for each message, for browsers end a subscription whose messages
 * show nothing.
 *
 * @param message What came, as text.
 * @param base The path below which the hub is reached.
 * @param host The name and the port under which the hub is reached.
 */
export function notificationOf(message: string, base: string, host: string): PushedNotification {
  const { kind, session, permission, path } = read(message);
  const tag = kind === "needs_you" && permission !== undefined ? `permission:${permission}` : `finished:${session}`;
  return {
    title: kind === undefined ? "Something happened" : TITLES[kind],
    body: `on ${host}`,
    tag: session === undefined ? "claustrum" : tag,
    href: base + (path !== undefined && PATH.test(path) ? path : "/"),
  };
}

/** A hub of another version may send something else. */
function read(message: string): Partial<PushNotice> {
  try {
    const value: unknown = JSON.parse(message);
    if (typeof value !== "object" || value === null) return {};
    const { kind, session, permission, path } = value as Partial<Record<keyof PushNotice, unknown>>;
    return {
      ...(isKind(kind) ? { kind } : {}),
      ...(typeof session === "string" ? { session } : {}),
      ...(typeof permission === "string" ? { permission } : {}),
      ...(typeof path === "string" ? { path } : {}),
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return {};
  }
}

function isKind(value: unknown): value is PushKind {
  return typeof value === "string" && Object.hasOwn(TITLES, value);
}

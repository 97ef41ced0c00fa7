/**
 * What a message of the hub over Web Push says. It contains nothing that people or agents said.
 *
 * @module
 */

/** A notification. */
export interface PushNotification {
  /** What happened. */
  readonly title: string;
  /** Names what it is about, as the page itself does: a notification replaces another one with the same. */
  readonly tag: string;
  /** The whole path of the page about it. */
  readonly href: string;
}

/** What the hub sends. */
interface Message {
  readonly kind?: unknown;
  readonly session?: unknown;
  readonly permission?: unknown;
  readonly path?: unknown;
}

const TITLES: Readonly<Record<string, string>> = {
  needs_you: "A session needs you",
  finished: "A session has finished",
  failed: "A session has failed",
};

/**
 * Returns the notification about a message. One of a kind that this version does not know leads to Home.
 *
 * @param base The path below which the hub is reached.
 */
export function pushNotification(message: unknown, base: string): PushNotification {
  const { kind, session, permission, path } = (message ?? {}) as Message;
  const title = typeof kind === "string" && Object.hasOwn(TITLES, kind) ? TITLES[kind]! : "A session has news";
  const tag = typeof permission === "string" ? `permission:${permission}` : `finished:${String(session)}`;
  // Whatever is sent, a click stays on the hub.
  const isPath = typeof path === "string" && path.startsWith("/") && !path.startsWith("//");
  return { title, tag, href: `${base}${isPath ? path : "/"}` };
}

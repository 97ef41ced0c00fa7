/**
 * Shows what the hub tells over Web Push, while no tab of the page tells it.
 *
 * @module
 */

import { notificationOf } from "./push_message.ts";

/** For how long a notification of a tab stands for the message about the same, in milliseconds. */
const SAME_MS = 10_000;

/** A message has come. */
export interface PushMessageEvent extends Event {
  /** The message; `null` if it is empty. */
  readonly data: { text(): string } | null;
  /** Tells the browser to wait. */
  waitUntil(work: Promise<unknown>): void;
}

/** A notification that is shown. */
interface ShownNotification {
  /** When it was shown, in milliseconds since the epoch; not all browsers tell. */
  readonly timestamp?: number;
  close(): void;
}

/** What is used of a service worker's global scope. */
export interface PushScope {
  readonly location: { readonly host: string };
  readonly clients: {
    matchAll(
      options: { readonly type: "window"; readonly includeUncontrolled: boolean },
    ): Promise<readonly { readonly visibilityState: string }[]>;
  };
  readonly registration: {
    showNotification(title: string, options: object): Promise<void>;
    getNotifications(options: { readonly tag: string }): Promise<readonly ShownNotification[]>;
  };
  addEventListener(type: "push", listener: (event: PushMessageEvent) => void): void;
}

/**
 * Shows messages that come over Web Push. What a notification leads to is in its `data.href`.
 *
 * @param scope The service worker.
 * @param base The path below which the hub is reached.
 */
export function listenToPush(scope: PushScope, base: string): void {
  scope.addEventListener("push", (event) => event.waitUntil(show(scope, base, event.data?.text() ?? "")));
}

async function show({ location, clients, registration }: PushScope, base: string, message: string): Promise<void> {
  const { title, body, tag, href } = notificationOf(message, base, location.host);
  const shown = await registration.getNotifications({ tag });
  // A tab in the background was faster, and says more.
  if (shown.some(({ timestamp = 0 }) => Date.now() - timestamp < SAME_MS)) return;
  const tabs = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const isSeen = tabs.some(({ visibilityState }) => visibilityState === "visible");
  const icon = `${base}/assets/icon-192.png`;
  await registration.showNotification(title, { body, tag, icon, data: { href }, renotify: !isSeen, silent: isSeen });
  // The page says it itself. Yet a browser ends a subscription whose messages show nothing.
  if (isSeen) { for (const notification of await registration.getNotifications({ tag })) notification.close(); }
}

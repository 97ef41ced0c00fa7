/**
 * Notifications of the browser, while a tab of the page lives. They are asked for, and never shown before.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";
import type { HubState } from "./hub_state.ts";
import { type Notice, type NoticeChoice, watchForNotices } from "./notices.ts";
import type { Router } from "./route.ts";

/** The key in the browser's storage of what somebody wants to be told. */
const KEY = "claustrum.notifications";
const NOTHING: NoticeChoice = { needsYou: false, finished: false };

/** Whether the browser shows notifications of this page; browsers have none over plain http from another machine. */
export type NotificationAccess = NotificationPermission | "unsupported";

/** Shows notifications. */
export class Notifications {
  /** Whether the browser shows them. */
  readonly access: Signal<NotificationAccess> = signal(readAccess());
  /** What is wanted. */
  readonly choice: Signal<NoticeChoice> = signal(readChoice());
  readonly #router: Router;

  /**
   * @param hub What is known of the hub.
   * @param router Leads to what a notification is about.
   */
  constructor(hub: HubState, router: Router) {
    this.#router = router;
    watchForNotices({
      hub,
      choice: () => this.access.value === "granted" ? this.choice.value : NOTHING,
      isLookedAt: () => !document.hidden && document.hasFocus(),
      now: Date.now,
      show: (notice) => void this.#show(notice),
      takeBack: (tag) => void this.#takeBack(tag),
    });
    if (!("serviceWorker" in navigator)) return;
    navigator.serviceWorker.addEventListener("message", ({ data }) => {
      if (data?.type === "open" && typeof data.href === "string") router.open(data.href);
    });
  }

  /** Asks the browser, which asks the person; only to be called on a click. */
  async turnOn(): Promise<void> {
    this.access.value = await Notification.requestPermission();
    if (this.access.value === "granted") this.choose({ needsYou: true, finished: true });
  }

  /** Remembers what is wanted. */
  choose(choice: NoticeChoice): void {
    this.choice.value = choice;
    localStorage.setItem(KEY, JSON.stringify(choice));
  }

  async #show({ tag, title, text, route }: Notice): Promise<void> {
    const href = this.#router.href(route);
    const options = { body: text, tag, icon: `${this.#router.base}/assets/icon-192.png`, data: { href } };
    const worker = await readyWorker();
    // Phones show notifications of service workers alone.
    if (worker !== undefined) return await worker.showNotification(title, options);
    const notification = new Notification(title, options);
    notification.addEventListener("click", () => {
      focus();
      this.#router.go(route);
      notification.close();
    });
  }

  async #takeBack(tag: string): Promise<void> {
    const shown = await (await readyWorker())?.getNotifications({ tag });
    for (const notification of shown ?? []) notification.close();
  }
}

async function readyWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator)) return undefined;
  const registration = await navigator.serviceWorker.getRegistration();
  return registration?.active ? registration : undefined;
}

function readAccess(): NotificationAccess {
  return "Notification" in globalThis && isSecureContext ? Notification.permission : "unsupported";
}

function readChoice(): NoticeChoice {
  try {
    const { needsYou, finished } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { needsYou: needsYou === true, finished: finished === true };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return NOTHING; // somebody else wrote it
  }
}

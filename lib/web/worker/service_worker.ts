/**
 * Keeps the page itself in the browser, so that it opens without the hub; nothing that the hub says is ever kept. It also
 * shows what comes over Web Push, and leads from notifications to the page.
 *
 * @module
 */

import { listenToPush, type PushMessageEvent, type PushScope } from "./push.ts";
import { CACHE_PREFIX, cacheName, kindOf, type Shell } from "./shell.ts";

/** An event whose work the browser waits for. */
interface WaitingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface RequestEvent extends WaitingEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

interface ClickEvent extends WaitingEvent {
  readonly notification: Notification & { readonly data: unknown };
}

interface Tab {
  readonly url: string;
  readonly visibilityState: string;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}

/** What is used of a service worker's global scope: the types of the page lack it. */
interface WorkerScope {
  /** Set by the hub, ahead of this program. */
  readonly SHELL: Shell;
  readonly location: Location;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: { readonly type: "window"; readonly includeUncontrolled: boolean }): Promise<readonly Tab[]>;
    openWindow(href: string): Promise<unknown>;
  };
  readonly registration: PushScope["registration"];
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: WaitingEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: RequestEvent) => void): void;
  addEventListener(type: "push", listener: (event: PushMessageEvent) => void): void;
  addEventListener(type: "notificationclick", listener: (event: ClickEvent) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const { SHELL: shell } = scope;
const document = `${shell.base}/`;

scope.addEventListener("install", (event) => event.waitUntil(keep()));
scope.addEventListener("activate", (event) => event.waitUntil(takeOver()));
scope.addEventListener("fetch", (event) => {
  switch (kindOf(event.request, shell, scope.location.origin)) {
    case "document":
      return event.respondWith(newestDocument(event.request));
    case "file":
      return event.respondWith(keptFile(event.request));
  }
});
listenToPush(scope, shell.base);
scope.addEventListener("notificationclick", (event) => event.waitUntil(follow(event.notification)));

async function keep(): Promise<void> {
  const cache = await caches.open(cacheName(shell));
  await cache.addAll([new Request(document, { cache: "reload" }), ...shell.files]);
  // Tabs have loaded their files already: nothing is taken away from them.
  await scope.skipWaiting();
}

/** Forgets former versions, and tells the tabs which one is the newest. */
async function takeOver(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== cacheName(shell));
  await Promise.all(old.map((name) => caches.delete(name)));
  await scope.clients.claim();
  for (const tab of await tabs()) tab.postMessage({ type: "version", version: shell.version });
}

/** The document comes from the hub as long as it answers, so that it is never old. */
async function newestDocument(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    return response.status < 500 ? response : await kept(document) ?? response;
  } catch (error) {
    const found = await kept(document);
    if (found === undefined) throw error;
    return found;
  }
}

async function keptFile(request: Request): Promise<Response> {
  return await kept(request) ?? await fetch(request);
}

async function kept(request: Request | string): Promise<Response | undefined> {
  return await (await caches.open(cacheName(shell))).match(request);
}

/** Shows what a notification is about in a tab that is open, or in a new one. */
async function follow(notification: ClickEvent["notification"]): Promise<void> {
  notification.close();
  const { href } = notification.data as { readonly href: string };
  const [tab] = await tabs();
  if (tab === undefined) return void await scope.clients.openWindow(href);
  tab.postMessage({ type: "open", href });
  await tab.focus();
}

async function tabs(): Promise<readonly Tab[]> {
  return await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
}

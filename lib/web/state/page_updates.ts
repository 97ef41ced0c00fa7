/**
 * Installs the service worker, and says when the hub has a newer version of the page.
 *
 * @module
 */

import { effect } from "@preact/signals";
import type { HubState } from "./hub_state.ts";
import type { Toasts } from "./toasts.ts";
import { trustedScript } from "./trusted_script.ts";

/** Options of {@linkcode keepUpToDate}. */
export interface UpdateOptions {
  /** The path below which the hub is reached. */
  readonly base: string;
  /** The version of this page. */
  readonly version: string;
  /** Tells when the connection is back: the hub may have been replaced. */
  readonly hub: HubState;
  /** Where a newer version is offered. */
  readonly toasts: Toasts;
}

/** Installs the service worker, and offers a newer version of the page once there is one. */
export async function keepUpToDate({ base, version, hub, toasts }: UpdateOptions): Promise<void> {
  // Browsers have none over plain http from another machine.
  if (!("serviceWorker" in navigator)) return;
  let isOffered = false;
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data?.type !== "version" || data.version === version || isOffered) return;
    isOffered = true;
    toasts.offer("The hub has a new version of this page.", { label: "Reload", run: () => location.reload() });
  });
  const registration = await register(`${base}/service_worker.js`, `${base}/`);
  if (registration === undefined) return;
  let wasLost = false;
  effect(() => {
    const isLost = hub.connection.value === "lost";
    if (wasLost && !isLost) void registration.update().catch(isUnavailable);
    wasLost = isLost;
  });
}

async function register(address: string, scope: string): Promise<ServiceWorkerRegistration | undefined> {
  try {
    return await navigator.serviceWorker.register(trustedScript(address), { scope });
  } catch (error) {
    isUnavailable(error);
    return undefined;
  }
}

/** A browser may refuse service workers, or not reach the hub: the page works without. */
function isUnavailable(error: unknown): void {
  if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
}

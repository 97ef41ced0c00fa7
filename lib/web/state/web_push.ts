/**
 * Web Push: notifications while no tab of the page is open.
 *
 * @module
 */

import type { HubApi } from "../api/client.ts";

/**
 * Has the hub tell this browser over Web Push.
 *
 * @param key The public key of the hub.
 * @throws {Error} If the browser or the hub refuses.
 */
export async function subscribe(api: Pick<HubApi, "call">, key: string): Promise<void> {
  const { pushManager } = await navigator.serviceWorker.ready;
  const { endpoint, keys } = (await ask(pushManager, key)).toJSON();
  const { p256dh, auth } = keys ?? {};
  if (endpoint === undefined || p256dh === undefined || auth === undefined) {
    throw new Error("The browser does not say how it can be reached over Web Push.");
  }
  await api.call("push.subscribe", { endpoint, keys: { p256dh, auth } });
}

async function ask(pushManager: PushManager, key: string): Promise<PushSubscription> {
  try {
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new Error(`The browser takes no messages over Web Push: ${error.message}`, { cause: error });
  }
}

/** Has the hub tell this browser nothing any more over Web Push. */
export async function unsubscribe(api: Pick<HubApi, "call">): Promise<void> {
  await api.call("push.unsubscribe", {});
  const { pushManager } = await navigator.serviceWorker.ready;
  await (await pushManager.getSubscription())?.unsubscribe();
}

/**
 * Web Push: the hub tells this browser what happens, also while no tab of the page is open.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";
import { type HubApi, HubProblem } from "../api/client.ts";

/**
 * Whether this browser is told:
 * - `unknown`: that is not known yet.
 * - `unsupported`: the browser cannot do that, for this address.
 * - `disabled`: the hub does not do that.
 * - `blocked`: the browser blocks notifications of this page.
 * - `off`, `on`: it is not, or it is.
 */
export type PushStatus = "unknown" | "unsupported" | "disabled" | "blocked" | "off" | "on";

/** Subscribes this browser, and ends that. */
export class Push {
  /** Whether this browser is told. */
  readonly status: Signal<PushStatus> = signal("unknown");
  readonly #api: HubApi;
  /** How often it was found out. */
  #reads = 0;

  /** @param api Calls operations. */
  constructor(api: HubApi) {
    this.#api = api;
  }

  /** Finds out whether this browser is told. */
  async read(): Promise<void> {
    if (!isSupported()) return void (this.status.value = "unsupported");
    const read = ++this.#reads;
    const { is_enabled, is_subscribed } = await this.#api.call("push.key", {});
    const subscription = await currentSubscription();
    // What was found out later is right.
    if (read !== this.#reads) return;
    this.status.value = !is_enabled
      ? "disabled"
      : Notification.permission === "denied"
      ? "blocked"
      : is_subscribed && subscription !== null
      ? "on"
      : "off";
  }

  /**
   * Tells the hub again where this browser is reached, if it was told before: since then, it may have signed in anew, or
   * got another address.
   */
  async renew(): Promise<void> {
    if (!isSupported()) return;
    const subscription = await currentSubscription();
    if (subscription === null) return;
    try {
      const { key } = await this.#api.call("push.key", {});
      if (key === undefined || !hasKey(subscription, key)) return;
      await this.#tell(subscription);
      // The settings may have asked before the hub was told.
      await this.read();
    } catch (error) {
      // The settings show that this browser is not told.
      if (!(error instanceof HubProblem)) throw error;
    }
  }

  /**
   * Lets the hub tell this browser; the browser asks the person first. Only to be called on a click.
   *
   * @throws {HubProblem} If the hub refuses.
   * @throws {Error} If the browser cannot subscribe.
   */
  async turnOn(): Promise<void> {
    if (await Notification.requestPermission() !== "granted") return await this.read();
    const { key } = await this.#api.call("push.key", {});
    if (key === undefined) return await this.read();
    const subscription = await subscribe(key);
    try {
      await this.#tell(subscription);
    } catch (error) {
      await subscription.unsubscribe();
      throw error;
    }
    await this.read();
  }

  /** Lets the hub tell this browser nothing any more. */
  async turnOff(): Promise<void> {
    await this.#api.call("push.unsubscribe", {});
    await this.forget();
    await this.read();
  }

  /** Ends the subscription in the browser alone, as after signing out: the hub has ended it, too. */
  async forget(): Promise<void> {
    if (isSupported()) await (await currentSubscription())?.unsubscribe();
  }

  async #tell(subscription: PushSubscription): Promise<void> {
    const { endpoint, keys: { p256dh = "", auth = "" } = {} } = subscription.toJSON();
    await this.#api.call("push.subscribe", { endpoint: endpoint ?? "", keys: { p256dh, auth } });
  }
}

/** Browsers have neither over plain http from another machine. */
function isSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
}

async function currentSubscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration();
  return await registration?.pushManager.getSubscription() ?? null;
}

async function subscribe(key: string): Promise<PushSubscription> {
  const { pushManager } = await navigator.serviceWorker.ready;
  const former = await pushManager.getSubscription();
  if (former !== null && hasKey(former, key)) return former;
  await former?.unsubscribe();
  try {
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64(key) });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new Error(`The browser has no connection to its push service: ${error.message}`, { cause: error });
  }
}

/** Whether a subscription is for the hub's present key: messages with another one do not arrive. */
function hasKey({ options: { applicationServerKey } }: PushSubscription, key: string): boolean {
  return applicationServerKey !== null && toBase64(new Uint8Array(applicationServerKey)) === key;
}

function toBase64(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
}

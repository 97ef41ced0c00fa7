/**
 * Starts Web Push, which is off unless the configuration turns it on, and loaded only then.
 *
 * @module
 */

import type { Store } from "../../store/store.ts";
import { importLate } from "../../system/import_late.ts";
import { OperationError } from "../operation_error.ts";
import type { Push, PushOptions } from "./push.ts";

/** Web Push that is off. Subscriptions from when it was on stay, and can be given up. */
class NoPush implements Push {
  readonly key = undefined;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  isSubscribed(): boolean {
    return false;
  }

  subscribe(): Promise<void> {
    return Promise.reject(
      new OperationError("refused", "Web Push is off: set push.enabled and push.contact in hub.toml to turn it on"),
    );
  }

  unsubscribe(signIn: string): void {
    this.#store.push.delete(signIn);
  }

  takeHost(): void {}

  rememberHost(): void {}

  forgetHost(): void {}

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Tells browsers what happens from now on, until the result is disposed of. */
export async function startPush({ config, ...options }: PushOptions): Promise<Push> {
  if (config === undefined) return new NoPush(options.store);
  const { WebPush } = await importLate<typeof import("./web_push.ts")>(import.meta.resolve("./web_push.ts"));
  return await WebPush.start({ config, ...options });
}

/**
 * The operations about Web Push: browsers that are told of events while no page of the hub is open.
 *
 * @module
 */

import * as v from "valibot";
import type { Caller } from "../caller.ts";
import { operation } from "../operation.ts";
import { OperationError } from "../operation_error.ts";
import { done, pushState, text } from "../schemas.ts";
import { DONE, nothing } from "./shared.ts";

/** The longest key of a browser, in characters. */
const MAX_KEY = 128;

const browserKey = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_KEY));

/** The operations about Web Push. */
export const pushOperations = [
  operation({
    name: "push.key",
    summary: "tell whether browsers are told of events while no page is open, and the key that they subscribe with",
    isChange: false,
    http: { method: "GET", path: "/api/push" },
    params: nothing,
    result: pushState,
    run: ({ push, caller: { signIn } }) => ({
      is_enabled: push.key !== undefined,
      ...(push.key === undefined ? {} : { key: push.key }),
      is_subscribed: signIn !== undefined && push.isSubscribed(signIn),
    }),
  }),
  operation({
    name: "push.subscribe",
    summary: "tell the browser that asks of events from now on, also while no page is open",
    isChange: true,
    isHttpOnly: true,
    isForViewers: true,
    http: { method: "POST", path: "/api/push" },
    params: v.strictObject({
      endpoint: text,
      keys: v.strictObject({ p256dh: browserKey, auth: browserKey }),
    }),
    result: done,
    async run({ push, caller }, subscription) {
      await push.subscribe(signInOf(caller), subscription);
      return DONE;
    },
  }),
  operation({
    name: "push.unsubscribe",
    summary: "tell the browser that asks nothing any more",
    isChange: true,
    isHttpOnly: true,
    isForViewers: true,
    http: { method: "DELETE", path: "/api/push" },
    params: nothing,
    result: done,
    run({ push, caller }) {
      push.unsubscribe(signInOf(caller));
      return DONE;
    },
  }),
];

/** A subscription ends with the sign-in, so that nobody is told who may not look any more. */
function signInOf({ signIn, who }: Caller): string {
  if (signIn !== undefined) return signIn;
  throw new OperationError("refused", `${who} has no sign-in that a subscription could end with: sign in on the page`);
}

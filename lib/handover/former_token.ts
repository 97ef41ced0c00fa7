/**
 * Decides which clients a daemon admits that has just taken over from another one.
 *
 * @module
 */

import type { ClientContext } from "../methods/context.ts";
import { tokenChecker } from "../rpc/dispatch.ts";
import type { Clock } from "../system/clock.ts";

/** How long a client may take between reading the token file and using the token, in milliseconds. */
const FORMER_MS = 3_000;

/** Checks the token of a request; returns `undefined` if the client was disconnected without an answer. */
export type AdmitByToken = (token: string, client: Pick<ClientContext, "hangUp">) => boolean | undefined;

/** Options of {@linkcode admitByToken}. */
export interface AdmissionOptions {
  /** The token of the serving daemon. */
  readonly token: string;
  /** The token of the daemon that handed over; `""` if it is not known. */
  readonly formerToken: string;
  /** The source of time. */
  readonly clock: Clock;
}

/**
 * Admits the clients that present the token. A client that presents the former token may have read it just before it
 * was replaced: for the first seconds such a client is disconnected instead of refused, and reads the new token before
 * it connects again.
 */
export function admitByToken({ token, formerToken, clock }: AdmissionOptions): AdmitByToken {
  const isRight = tokenChecker(token);
  const isFormer = tokenChecker(formerToken);
  const end = clock.elapsed() + FORMER_MS;
  return (given, client) => {
    if (isRight(given)) return true;
    if (!isFormer(given) || clock.elapsed() >= end) return false;
    client.hangUp();
    return undefined;
  };
}

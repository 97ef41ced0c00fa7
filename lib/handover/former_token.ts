/**
 * Who is let in to a daemon that has just taken over.
 *
 * @module
 */

import type { ClientContext } from "../methods/context.ts";
import { tokenChecker } from "../rpc/dispatch.ts";
import type { Clock } from "../system/clock.ts";

/** How long a client may take between reading the token and using it, in milliseconds. */
const FORMER_MS = 3_000;

/** Whether a request is let in by its token; `undefined` if it gets no answer, and its client was hung up on. */
export type AdmitByToken = (token: string, client: Pick<ClientContext, "hangUp">) => boolean | undefined;

/** Who is let in. */
export interface AdmissionOptions {
  /** The token of the daemon that serves. */
  readonly token: string;
  /** The token of the daemon that handed over; `""` if it is not known. */
  readonly formerToken: string;
  /** The source of time. */
  readonly clock: Clock;
}

/**
 * Lets in whoever has the token. A client that still has the token of the daemon before may have read it just before
 * it was replaced: for the first seconds it is hung up on instead of refused, and finds the new token when it connects
 * again.
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

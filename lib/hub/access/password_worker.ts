/**
 * The worker that checks a password, so that the hub can serve others in the meantime.
 *
 * @module
 */

import { verifyPassword } from "./argon2.ts";

/** The request to the worker. */
export interface PasswordRequest {
  /** The hash in the PHC string format; `undefined` if there is no password. */
  readonly hash: string | undefined;
  /** The password. */
  readonly password: string;
}

/** The part of a worker's global scope that is used here; the available types are those of a window. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<PasswordRequest>) => void) | null;
  postMessage(matches: boolean): void;
}

/** Handles one request in a worker: the answer is whether the password is that of the hash. */
export function servePasswordCheck(): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = async ({ data: { hash, password } }) => scope.postMessage(await verifyPassword(hash, password));
}

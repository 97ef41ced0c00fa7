/**
 * Stops a daemon whose socket was removed or replaced: clients can never reach it again, so it stops once no client and
 * no process needs it (contract: Daemon life).
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";

/** How often to check the socket, in milliseconds. */
const CHECK_MS = 60_000;
/** How long the daemon must have been idle and unreachable before it stops, in milliseconds. */
const IDLE_MS = 10 * 60_000;

/** Options of {@linkcode watchOrphan}. */
export interface OrphanWatchOptions {
  /** Whether the path of the socket leads to the daemon's socket. */
  readonly isReachable: () => boolean;
  /** Whether there is neither a client nor a running process. */
  readonly isIdle: () => boolean;
  /** Called once, when the daemon should stop. */
  readonly onOrphaned: () => void;
  /** The source of time. */
  readonly clock: Clock;
}

/** Checks the socket at intervals until it is disposed of. */
export function watchOrphan({ isReachable, isIdle, onOrphaned, clock }: OrphanWatchOptions): Disposable {
  let since: number | undefined;
  let cancel: () => void;
  const check = () => {
    cancel = clock.after(CHECK_MS, check);
    if (isReachable() || !isIdle()) {
      since = undefined;
      return;
    }
    since ??= clock.elapsed();
    if (clock.elapsed() - since < IDLE_MS) return;
    cancel();
    onOrphaned();
  };
  cancel = clock.after(CHECK_MS, check);
  return { [Symbol.dispose]: () => cancel() };
}

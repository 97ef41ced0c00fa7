/**
 * A daemon whose socket somebody removed or replaced can never be reached again: when nobody needs
 * it any more, it ends (contract: Daemon life).
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";

/** How often is looked, in milliseconds. */
const LOOK_MS = 60_000;
/** How long it must have been idle and orphaned, in milliseconds. */
const IDLE_MS = 10 * 60_000;

/** What is watched. */
export interface OrphanWatchOptions {
  /** Whether the path of the socket leads to the daemon. */
  readonly isReachable: () => boolean;
  /** Whether there is neither a client nor a running process. */
  readonly isIdle: () => boolean;
  /** Called once, when nobody can need it any more. */
  readonly onOrphaned: () => void;
  /** The source of time. */
  readonly clock: Clock;
}

/** Watches until it is disposed of. */
export function watchOrphan({ isReachable, isIdle, onOrphaned, clock }: OrphanWatchOptions): Disposable {
  let since: number | undefined;
  let cancel: () => void;
  const look = () => {
    cancel = clock.after(LOOK_MS, look);
    if (isReachable() || !isIdle()) {
      since = undefined;
      return;
    }
    since ??= clock.elapsed();
    if (clock.elapsed() - since < IDLE_MS) return;
    cancel();
    onOrphaned();
  };
  cancel = clock.after(LOOK_MS, look);
  return { [Symbol.dispose]: () => cancel() };
}

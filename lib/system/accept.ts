/**
 * Accepts connections until the listener is closed, whatever fails in the meantime.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { errnoText } from "./errno.ts";
import type { Logger } from "./log.ts";

/** The delay after a failed accept, in milliseconds; it doubles from the first value up to the largest. */
const BACKOFF_MS = { first: 5, most: 1_000 };

/** Accepts connections until the listener is closed; never rejects. */
export async function acceptAll(
  listener: Pick<Deno.UnixListener, "accept">,
  accept: (conn: Deno.Conn) => void,
  log: Logger,
  clock: Clock,
): Promise<void> {
  let backoff = BACKOFF_MS.first;
  for (;;) {
    try {
      accept(await listener.accept());
      backoff = BACKOFF_MS.first;
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
      log.warn(`[Server] accept error (retrying in ${backoff}ms): ${errnoText(error)}`);
      await new Promise<void>((resolve) => clock.after(backoff, resolve));
      backoff = Math.min(backoff * 2, BACKOFF_MS.most);
    }
  }
}

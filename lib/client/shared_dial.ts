/**
 * Many connections to a host that cannot be reached must not all try at the same time.
 *
 * @module
 */

import type { Transport } from "./wire_connection.ts";

/**
 * Returns a dial that tries once for all: who dials while another attempt is in progress waits for that one. If it fails,
 * it has failed for all; if it succeeds, each connects for itself.
 */
export function sharedDial(dial: () => Promise<Transport>): () => Promise<Transport> {
  let attempt: Promise<Transport> | undefined;
  return async () => {
    if (attempt !== undefined) {
      await attempt;
      return await dial();
    }
    const mine = attempt = dial();
    try {
      return await mine;
    } finally {
      attempt = undefined;
    }
  };
}

/**
 * Tells another hub who asks.
 *
 * @module
 */

import { HubCallError, HubUnreachableError } from "../hub_errors.ts";
import type { HubLine } from "../hub_line.ts";

/**
 * Introduces this hub on a connection to another one, which then shows what it has itself, and notes this hub's name in
 * its audit. Nothing waits for the answer: requests are taken in their order.
 *
 * @param ownName The name of this hub.
 * @returns The connection.
 */
export function introduced(line: HubLine, ownName: string): HubLine {
  line.call("hub.introduce", { name: ownName }).catch((error) => {
    // A hub of an older version does not know that; a connection that is lost is noticed by who uses it.
    if (!(error instanceof HubCallError || error instanceof HubUnreachableError)) throw error;
  });
  return line;
}

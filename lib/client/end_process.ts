/**
 * Ends a process of the daemon for good.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import type { Client } from "./connect.ts";

/**
 * Kills a process with its group, if it still runs, and has the daemon forget it. It never rejects because of the
 * daemon: one that is gone, older, or has forgotten the process already has nothing that could be ended.
 *
 * @param client The connection to the daemon.
 * @param id The process.
 */
export async function endProcess(client: Client, id: string): Promise<void> {
  try {
    await client.call("process.killAndWait", { id, signal: "KILL", group: true });
    await client.call("process.forget", { id });
  } catch (error) {
    if (!(error instanceof ClaustrumError)) throw error;
  }
}

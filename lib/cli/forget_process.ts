/**
 * Has the daemon forget processes that have ended.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { RpcCallError } from "../client/errors.ts";
import { INVALID_PARAMS } from "../rpc/errors.ts";
import { callExtension } from "./daemon_extensions.ts";

/**
 * Forgets a process, unless it runs, another client has forgotten it, or has started one with the same id.
 *
 * @returns Whether it was forgotten.
 * @throws {DaemonTooOldError} If the daemon cannot do this.
 */
export async function forgetIfEnded(client: Client, id: string): Promise<boolean> {
  try {
    await callExtension(client, "forget a process", "process.forget", { id });
    return true;
  } catch (error) {
    if (error instanceof RpcCallError && error.code === INVALID_PARAMS) return false;
    throw error;
  }
}

/**
 * Uses what only newer daemons can do, and says so if a daemon cannot.
 *
 * @module
 */

import type { CallArguments, Client } from "../client/connect.ts";
import { RpcCallError } from "../client/errors.ts";
import { METHOD_NOT_FOUND } from "../rpc/errors.ts";
import type { MethodName, Result } from "../rpc/method_types.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";

/** The daemon is too old for what it is asked to do. */
export class DaemonTooOldError extends ClaustrumError {
  /**
   * Creates the error.
   *
   * @param action What it cannot do, such as `rename a process`.
   */
  constructor(action: string, options?: ErrorOptions) {
    super(`the daemon is too old to ${action}: upgrade it with claustrum serve --replace --handover`, options);
  }
}

/**
 * Checks that a daemon has an extension.
 *
 * @param name The extension.
 * @param action What it is needed for, such as `rename a process`.
 * @throws {DaemonTooOldError} If it has not.
 */
export async function requireExtension(client: Client, name: string, action: string): Promise<void> {
  const { extensions = [] } = await client.call("server.capabilities", { extensions: true });
  if (!extensions.includes(name)) throw new DaemonTooOldError(action);
}

/**
 * Calls a method of an extension.
 *
 * @param action What the method does, such as `rename a process`.
 * @throws {DaemonTooOldError} If the daemon, or the retired daemon that has the process, does not have the method.
 * @throws {RpcCallError} If the daemon answers with another error.
 */
export async function callExtension<N extends MethodName>(
  client: Client,
  action: string,
  method: N,
  ...args: CallArguments<N>
): Promise<Result<N>> {
  try {
    return await client.call(method, ...args);
  } catch (error) {
    if (!(error instanceof RpcCallError) || error.code !== METHOD_NOT_FOUND) throw error;
    throw new DaemonTooOldError(action, { cause: error });
  }
}

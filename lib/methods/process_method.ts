/**
 * Declares methods that act on one process, in the order of a client's requests.
 *
 * @module
 */

import type { EncodedResult, Method } from "../rpc/dispatch.ts";
import type { Result } from "../rpc/method_types.ts";
import type { Schema } from "../rpc/protocol.ts";
import type { Decoded } from "../rpc/struct.ts";
import type { ManagedProcess } from "../process/managed_process.ts";
import type { ClientContext, DaemonContext } from "./context.ts";
import { type Encodable, method } from "./define.ts";

/** How long a process may take to obey a signal before SIGKILL, in milliseconds, unless the client sets a time. */
export const DEFAULT_GRACE_MS: number = 3_000;
/** The methods that act on one process, which may be in a retired daemon. */
type ProcessMethodName =
  | "process.stdin"
  | "process.kill"
  | "process.killAndWait"
  | "process.reattach"
  | "process.closeStdin"
  | "process.forget"
  | "process.restart"
  | "process.rename"
  | "process.inspect";

/**
 * Declares a method that acts on one process. A process of a retired daemon is acted upon by that daemon.
 *
 * @param check Checks the params as soon as the request arrives, and returns the action. The action takes place in the
 * order of the client's requests for the process.
 */
export function processMethod<N extends ProcessMethodName>(
  daemon: DaemonContext,
  name: N,
  check: (
    params: Decoded<Schema<N>>,
    client: ClientContext,
  ) => () => Encodable<Result<N>> | Promise<Encodable<Result<N>>>,
): Method<ClientContext> {
  return method(name, (params, client) => {
    const act = check(params, client);
    const target = params as typeof params & { readonly id: string };
    return inOrder<Encodable<Result<N>> | EncodedResult>(client, target.id, () => {
      const { predecessors } = daemon;
      if (predecessors === undefined || !predecessors.owns(target.id)) return act();
      return predecessors.forward(name, target, client).then((result) => result ?? act());
    });
  });
}

/** The parts of a process that tell it from any other. */
export function identity({ pid, startTime }: ManagedProcess): { pid: number; startTime: number } {
  return { pid, startTime };
}

/**
 * Acts on a process in the order of the client's requests (contract: Transport). Only a start that is not finished
 * makes later requests wait; every other action takes effect at once.
 */
export function inOrder<T>(client: ClientContext, id: string, act: () => T | Promise<T>): T | Promise<T> {
  const start = client.starting.get(id);
  return start === undefined ? act() : start.then(act);
}

/** Makes later requests for an id wait until its start has succeeded or failed. */
export function startingAs<T>(client: ClientContext, id: string, started: Promise<T>): Promise<T> {
  const settled = started.catch(() => {}).then(() => {
    if (client.starting.get(id) === settled) client.starting.delete(id);
  });
  client.starting.set(id, settled);
  return started;
}

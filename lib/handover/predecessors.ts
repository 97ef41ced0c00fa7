/**
 * The retired daemons that the serving daemon relays to, and their processes.
 *
 * @module
 */

import type { ClientContext, PredecessorProcess, Predecessors } from "../methods/context.ts";
import type { EncodedResult } from "../rpc/dispatch.ts";
import type { Params } from "../rpc/method_types.ts";
import { connectPredecessor } from "./connect_predecessor.ts";
import type { Predecessor, PredecessorOptions } from "./predecessor.ts";
import { retiredDaemons } from "./retired_files.ts";

/** Options of {@linkcode connectPredecessors}. */
export interface PredecessorsOptions extends PredecessorOptions {
  /** The directory of all retired daemons. */
  readonly directory: string;
  /** The serving instance; its own files are skipped. */
  readonly instanceId: string;
}

/** The retired daemons that are connected. */
export interface ConnectedPredecessors extends Predecessors, AsyncDisposable {
  /** The sockets of these daemons. */
  readonly sockets: readonly string[];
}

/** Finds the retired daemons and connects to them; returns `undefined` when there are none. */
export async function connectPredecessors(options: PredecessorsOptions): Promise<ConnectedPredecessors | undefined> {
  const { directory, instanceId, log } = options;
  const retired = (await retiredDaemons(directory)).filter((daemon) => daemon.instanceId !== instanceId);
  const connected = await Promise.all(retired.map((daemon) => connectPredecessor(daemon, options)));
  const predecessors = connected.filter((predecessor) => predecessor !== undefined);
  for (const { pid, size } of predecessors) {
    log.info(`[handover] relaying to the retired daemon (pid ${pid}), processes: ${size}`);
  }
  return predecessors.length === 0 ? undefined : new PredecessorSet(predecessors);
}

class PredecessorSet implements ConnectedPredecessors {
  readonly sockets: readonly string[];
  readonly #predecessors: Set<Predecessor>;

  constructor(predecessors: readonly Predecessor[]) {
    this.#predecessors = new Set(predecessors);
    this.sockets = predecessors.map(({ socket }) => socket);
    for (const predecessor of predecessors) predecessor.watch(() => this.#predecessors.delete(predecessor));
  }

  owns(id: string): boolean {
    return this.#ownerOf(id) !== undefined;
  }

  has(id: string): boolean {
    for (const predecessor of this.#predecessors) if (predecessor.has(id)) return true;
    return false;
  }

  async forward(
    method: string,
    params: { readonly id: string },
    client: ClientContext,
  ): Promise<EncodedResult | undefined> {
    return await this.#ownerOf(params.id)?.forward(method, params, client);
  }

  async list(params: Params<"process.list">): Promise<PredecessorProcess[]> {
    const lists = await Promise.all([...this.#predecessors].map((predecessor) => predecessor.list(params)));
    return lists.flat();
  }

  discard(id: string, reusedId: "kill" | "leave"): void {
    this.#ownerOf(id)?.discard(id, reusedId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#predecessors].map((predecessor) => predecessor[Symbol.asyncDispose]()));
  }

  #ownerOf(id: string): Predecessor | undefined {
    const all = [...this.#predecessors];
    return all.find((predecessor) => predecessor.has(id)) ?? all.find((predecessor) => predecessor.owns(id));
  }
}

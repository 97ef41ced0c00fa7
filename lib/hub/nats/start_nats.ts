/**
 * Starts NATS in a hub whose configuration names one. A hub without one loads nothing of it.
 *
 * @module
 */

import type { LineState } from "../../hosts/types.ts";
import type { HostLine } from "../hosts/host_line.ts";
import type { NatsOptions } from "./nats.ts";
import type { ServedContext } from "./rpc_service.ts";
import type { NatsConfig } from "./nats_config.ts";

/** The hosts of NATS, as the hub shows them. */
export interface NatsHosts extends AsyncDisposable {
  /** The names of the hosts that were heard of, without this one. */
  readonly hosts: readonly string[];
  /** The public nkeys of the hosts that were heard of, this one included. */
  readonly keys: ReadonlyMap<string, string | undefined>;
  /**
   * Connects from now on.
   *
   * @param operations What the answers to other hubs work with.
   */
  start(operations: ServedContext["operations"]): void;
  /** Calls a listener with the name of each host that is found, until the result is disposed of. */
  onFound(listener: (host: string) => void): Disposable;
  /** Returns the line to a host. */
  line(host: string, onState: (state: LineState) => void): HostLine;
}

/** Loads what NATS needs, which takes a moment and some memory. */
export async function loadNats(config: NatsConfig, options: Omit<NatsOptions, "config">): Promise<NatsHosts> {
  const { Nats } = await import("./nats.ts");
  return new Nats({ ...options, config });
}

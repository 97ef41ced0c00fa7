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

/** The configuration of a NATS server. */
export interface NatsPermissions {
  /** A part of the configuration of `nats-server`. */
  readonly configuration: string;
  /** The hubs that have no nkey, and are not in it. */
  readonly without_key: readonly string[];
}

/** The hosts of NATS, as the hub shows them. */
export interface NatsHosts extends AsyncDisposable {
  /** The names of the hosts that were heard of, without this one. */
  readonly hosts: readonly string[];
  /**
   * Returns the configuration of the NATS server for the hosts that were heard of, this one included.
   *
   * @param readers The names of those that show the others.
   * @throws {RequestError} If one of them was never heard of.
   */
  permissions(readers: readonly string[]): Promise<NatsPermissions>;
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

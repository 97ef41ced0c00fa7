/**
 * NATS as the other parts of the hub see it.
 *
 * @module
 */

import type { LineState } from "../../hosts/types.ts";
import type { HostLine } from "../hosts/host_line.ts";

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
  /** A sentence if something needs a person; `undefined` if all is well. */
  readonly problem: string | undefined;
  /**
   * Returns the configuration of the NATS server for the hosts that were heard of, this one included.
   *
   * @param readers The names of those that show the others.
   * @throws {RequestError} If one of them was never heard of.
   */
  permissions(readers: readonly string[]): Promise<NatsPermissions>;
  /** Calls a listener with the name of each host that is found or comes back, until the result is disposed of. */
  onFound(listener: (host: string) => void): Disposable;
  /** Returns the line to a host. */
  line(host: string, onState: (state: LineState) => void): HostLine;
}

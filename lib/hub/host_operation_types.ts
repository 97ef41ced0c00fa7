/**
 * The operations about other machines: their parameters and results.
 *
 * @module
 */

import type { AddHostParams, Host } from "../hosts/types.ts";

/** Names a host. */
export interface HostReference {
  /** The name. */
  readonly host_name: string;
}

/** The parameters and the result of each operation about other machines. */
export interface HostOperations {
  /** Lists the hosts, sorted by name. */
  readonly "hosts.list": { params: Record<never, never>; result: readonly Host[] };
  /** Returns a host. */
  readonly "hosts.get": { params: HostReference; result: Host };
  /** Adds a host, and connects to it. */
  readonly "hosts.add": { params: AddHostParams; result: Host };
  /** Forgets a host; its sessions go on there. */
  readonly "hosts.remove": { params: HostReference; result: { readonly ok: true } };
  /** Tries a host again now. */
  readonly "hosts.retry": { params: HostReference; result: Host };
  /** Accepts the key of a host that is not known yet, if it is still the one with this fingerprint. */
  readonly "hosts.accept_key": { params: HostReference & { readonly fingerprint: string }; result: Host };
  /** Returns the configuration of the NATS server for the hubs that are known. */
  readonly "hosts.nats_permissions": {
    params: {
      /** The names of the hubs that show the others, with commas between them. @default {this one} */
      readonly readers?: string | undefined;
    };
    result: {
      /** A part of the configuration of `nats-server`. */
      readonly configuration: string;
      /** The hubs that have no nkey, and are not in it. */
      readonly without_key: readonly string[];
    };
  };
}

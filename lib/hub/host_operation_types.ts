/**
 * The operations about other machines: their parameters and results.
 *
 * @module
 */

import type { AddHostParams, Host, InstallHostParams, UninstalledHost, UninstallHostParams } from "../hosts/types.ts";
import type { Done } from "./done.ts";

/** Names a host. */
export interface HostReference {
  /** The name. */
  readonly host_name: string;
}

/** The key of a host, which is told this once. */
export interface MadeHostKey {
  /** The name of the host. */
  readonly name: string;
  /** The key. */
  readonly key: string;
}

/** The parameters and the result of each operation about other machines. */
export interface HostOperations {
  /** Lists the hosts, sorted by name. */
  readonly "hosts.list": { params: Record<never, never>; result: readonly Host[] };
  /** Lists the names of the person's ssh configuration, to be offered where a host is added. */
  readonly "hosts.suggestions": { params: Record<never, never>; result: readonly string[] };
  /** Returns a host. */
  readonly "hosts.get": { params: HostReference; result: Host };
  /** Adds a host, and connects to it. */
  readonly "hosts.add": { params: AddHostParams; result: Host };
  /** Forgets a host; its sessions go on there. */
  readonly "hosts.remove": { params: HostReference; result: Done };
  /** Tries a host again now. */
  readonly "hosts.retry": { params: HostReference; result: Host };
  /** Accepts the key of a host that is not known yet, if it is still the one with this fingerprint. */
  readonly "hosts.accept_key": { params: HostReference & { readonly fingerprint: string }; result: Host };
  /** Makes the key with which a host dials this hub, and the host if there is none. */
  readonly "hosts.create_key": { params: HostReference; result: MadeHostKey };
  /** Makes the key of a host invalid, and ends its connection. */
  readonly "hosts.revoke_key": { params: HostReference; result: Done };
  /** Installs claustrum on a host, and waits until its hub is reached. */
  readonly "hosts.install": { params: InstallHostParams; result: Host };
  /** Replaces the version of a host: the daemon hands over, the hub is restarted, and sessions go on. */
  readonly "hosts.upgrade": { params: InstallHostParams; result: Host };
  /** Takes claustrum away from a host. */
  readonly "hosts.uninstall": { params: UninstallHostParams; result: UninstalledHost };
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

/**
 * Hosts that are reached over NATS: what they are called here and there.
 *
 * @module
 */

import type { HostRow } from "../../store/store.ts";
import { HubUnreachableError } from "../hub_errors.ts";
import { acceptsNoKey, type HostLine } from "./host_line.ts";

const SCHEME = "nats://";

/** Whether an address means a host of NATS: `nats`, or `nats://` and its name there. */
export function isNatsAddress(address: string): boolean {
  return address === "nats" || (address.startsWith(SCHEME) && address.length > SCHEME.length);
}

/** Returns the name in NATS of a host; its name here, unless the address names another one. */
export function natsHostOf({ name, address }: Pick<HostRow, "name" | "address">): string {
  return address?.startsWith(SCHEME) ? address.slice(SCHEME.length) : name;
}

/** Returns under which name a host of NATS is shown: hubs may have names that hosts cannot have. */
export function nameForNatsHost(natsHost: string): string {
  return natsHost.replaceAll(/[^A-Za-z0-9._-]/g, "-").replace(/^[._-]+/, "").slice(0, 64);
}

/** Returns the line to a host of NATS while no NATS is configured. */
export function withoutNats(): HostLine {
  const reason = "this host is reached over NATS, and hub.toml names none: add the table nats";
  return {
    kind: "nats",
    state: { status: "refused", problem: "bad_configuration", reason },
    dial: () => Promise.reject(new HubUnreachableError(reason)),
    retry: () => {},
    acceptKey: acceptsNoKey,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

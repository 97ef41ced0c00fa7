/**
 * Which network addresses a hub uses. It is started with permission for these alone.
 *
 * @module
 */

import { addressText } from "./access/addresses.ts";
import type { HubConfig } from "./hub_config.ts";
import { pushHostText } from "./push/push_hosts.ts";

/** Returns the addresses that a hub listens on and connects to, as the runtime's permissions name them. */
export function networkAddresses({ web: { listen }, push }: HubConfig): string[] {
  return [
    ...(listen === undefined ? [] : [addressText(listen)]),
    ...(push?.hosts.map(pushHostText) ?? []),
  ];
}

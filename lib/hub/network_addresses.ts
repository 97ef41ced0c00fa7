/**
 * Which network addresses a hub uses. It is started with permission for these alone.
 *
 * @module
 */

import { addressText } from "./access/addresses.ts";
import type { HubConfig } from "./hub_config.ts";
import { serverText } from "./nats/nats_config.ts";
import { pushHostText } from "./push/push_hosts.ts";

/** Returns the addresses that a hub listens on and connects to, as the runtime's permissions name them. */
export function networkAddresses({ web: { listen }, webhooks, links, push, nats }: HubConfig): string[] {
  const own = listen === undefined ? [] : [addressText(listen)];
  const services = push?.hosts.map(pushHostText) ?? [];
  return [
    ...new Set([
      ...own,
      ...[...webhooks, ...links].map(({ url }) => hostAndPort(new URL(url))),
      ...services,
      ...nats?.servers.map(serverText) ?? [],
    ]),
  ];
}

function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "https:" || protocol === "wss:" ? 443 : 80)}`;
}

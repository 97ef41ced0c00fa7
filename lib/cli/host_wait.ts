/**
 * Waiting for a host.
 *
 * @module
 */

import type { Host } from "../hosts/types.ts";
import type { HubClient } from "../hub/hub_client.ts";

/** How long a command waits for a host, in milliseconds: ssh gives up sooner. */
const WAIT_MS = 20_000;
const POLL_MS = 100;

/** Waits until a host is up, needs a person, or cannot be reached; returns it. */
export async function waitForHost(client: HubClient, name: string): Promise<Host> {
  const end = performance.now() + WAIT_MS;
  for (;;) {
    const host = await client.call("hosts.get", { host_name: name });
    if (host.state !== "connecting" || performance.now() > end) return host;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * Compares the web address of a hub that runs with the one that a person asks for.
 *
 * @module
 */

import { addressText, type ListenAddress, parseListen } from "../hub/access/addresses.ts";
import { listenProblem } from "../hub/access/listen_guard.ts";
import { readTlsFiles } from "../hub/access/tls_files.ts";
import type { HubClient } from "../hub/hub_client.ts";
import type { HubConfig } from "../hub/hub_config.ts";
import { toListenError } from "../hub/http/listen_error.ts";
import { ServeError } from "../system/serve_error.ts";
import type { HubRequest } from "./hub_request.ts";

/** Returns where a hub listens for browsers; `undefined` if nowhere. */
export async function addressOfHub(client: HubClient): Promise<ListenAddress | undefined> {
  const { url } = await client.call("hub.status", {});
  if (url === undefined) return undefined;
  const { port, protocol } = new URL(url);
  const { values } = await client.call("config.get", {});
  // The URL of a hub that listens on all addresses names one of them.
  const parsed = parseListen(String(values.find(({ key }) => key === "listen")?.value ?? ""));
  if (!("address" in parsed)) return undefined;
  return { ...parsed.address, port: Number(port || (protocol === "https:" ? 443 : 80)) };
}

/** Whether a running hub dials what the configuration says; what a program may reach is decided when it starts. */
export async function hasWantedLinks(client: HubClient, { links }: HubConfig): Promise<boolean> {
  const { links: dialed = [] } = await client.call("hub.status", {});
  return dialed.length === links.length && links.every(({ url }, i) => url === dialed[i]?.url);
}

/** Returns what makes a hub listen where another one has listened. */
export function sameAddress(running: ListenAddress | undefined): Pick<HubRequest, "listen" | "no-web"> {
  return running === undefined ? { "no-web": true } : { listen: addressText(running) };
}

/** Whether the web address of a running hub, or that it has none, is what a person asks for. */
export function hasWantedAddress(
  running: ListenAddress | undefined,
  request: HubRequest,
  { web: { listen } }: HubConfig,
): boolean {
  if (request["no-web"]) return running === undefined;
  if (listen === undefined) return true;
  if (running === undefined) return false;
  if (request.listen === undefined) return true;
  return running.hostname === listen.hostname && (listen.port === 0 || listen.port === running.port);
}

/**
 * Finds out what would keep a hub from listening, before the hub that runs is stopped for it.
 *
 * @param running Where the hub listens that runs; its port will be free.
 * @throws {ServeError} If the address must not or cannot be used.
 */
export async function checkAddress(config: HubConfig, running: ListenAddress | undefined): Promise<void> {
  const { listen, tls } = config.web;
  if (listen === undefined) return;
  const problem = listenProblem(config);
  if (problem !== undefined) throw new ServeError(problem);
  if (tls !== undefined) await readTlsFiles(tls);
  if (listen.port === running?.port) return;
  try {
    Deno.listen(listen).close();
  } catch (error) {
    // Without the permission, only the hub itself can find out.
    if (!(error instanceof Deno.errors.NotCapable)) throw toListenError(error, listen);
  }
}

/**
 * Daemons that have retired, as commands tell of them.
 *
 * @module
 */

import { stop } from "../client/stop.ts";
import { isLive } from "../daemon/socket.ts";
import { type RetiredDaemon, retiredDaemons } from "../handover/retired_files.ts";
import { daemonPaths } from "../system/paths.ts";
import { isThere } from "../system/private_files.ts";
import { formatAge } from "./table.ts";

/** How long a retired daemon may take to leave a token for whoever wants to stop it, in milliseconds. */
const TOKEN_MS = 3_000;
const POLL_MS = 10;

/** The daemons beside a socket that have retired and live, the longest retired first. */
export async function liveRetired(socket: string): Promise<RetiredDaemon[]> {
  const all = await retiredDaemons(daemonPaths(socket).directory);
  const alive = await Promise.all(all.map(({ files }) => isLive(files.socket)));
  return all.filter((_, i) => alive[i]);
}

/** How many seconds ago a daemon has retired. */
export function retiredSeconds({ retiredAt }: RetiredDaemon): number {
  return Math.max(0, Math.floor((Date.now() - Date.parse(retiredAt)) / 1000));
}

/** `pid 4711, retired 3m ago`. */
export function describeRetired(daemon: RetiredDaemon): string {
  return `pid ${daemon.pid}, retired ${formatAge(retiredSeconds(daemon))} ago`;
}

/** Ends the daemons beside a socket that have retired, once no other one relays to them. */
export async function stopRetired(socket: string): Promise<void> {
  await Promise.all((await liveRetired(socket)).map(async ({ files }) => {
    const end = performance.now() + TOKEN_MS;
    while (!await isThere(files.token) && await isLive(files.socket)) {
      if (performance.now() > end) throw new Error(`the retired daemon on ${files.socket} leaves no token`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    if (await isThere(files.token)) await stop({ socket: files.socket, token: await Deno.readTextFile(files.token) });
  }));
}

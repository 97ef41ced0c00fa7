/**
 * Daemons that have retired, as commands tell of them.
 *
 * @module
 */

import { stop } from "../client/stop.ts";
import { isLive } from "../daemon/socket.ts";
import { type RetiredDaemon, retiredDaemons, waitForToken } from "../handover/retired_files.ts";
import { systemClock } from "../system/clock.ts";
import { daemonPaths } from "../system/paths.ts";
import { formatAge } from "./table.ts";

/** The daemons beside a socket that have retired and live, the longest retired first. */
export async function liveRetired(socket: string): Promise<RetiredDaemon[]> {
  const all = await retiredDaemons(daemonPaths(socket).retired);
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
    if (await waitForToken(files, systemClock)) {
      await stop({ socket: files.socket, token: await Deno.readTextFile(files.token) });
    } else if (await isLive(files.socket)) throw new Error(`the retired daemon on ${files.socket} leaves no token`);
  }));
}

/**
 * Serves in this process. The daemon in the background imports only this part of the command line.
 *
 * @module
 */

import { runDaemon } from "../daemon/run.ts";
import type { ServeRequest } from "./serve_request.ts";

/**
 * Serves in this process until the daemon stops.
 *
 * @param announce Called with the path of the socket once the daemon listens.
 * @returns The exit code.
 */
export async function serveInProcess(
  { socket, tokenFile, tokenFd, takesOver, settings }: ServeRequest,
  announce: (socket: string) => void,
): Promise<number> {
  await runDaemon({
    socket,
    tokenSource: tokenFile !== undefined
      ? { kind: "file", path: tokenFile }
      : tokenFd !== undefined
      ? { kind: "descriptor", fd: tokenFd }
      : { kind: "generated" },
    takesOver,
    settings,
    onReady: (daemon) => announce(daemon.socket),
  });
  return 0;
}

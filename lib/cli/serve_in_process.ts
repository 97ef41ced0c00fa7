/**
 * Serving in this very process; all that a daemon in the background needs of the command line.
 *
 * @module
 */

import { runDaemon } from "../daemon/run.ts";
import type { ServeRequest } from "./serve_request.ts";

/** Serves in this very process. */
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

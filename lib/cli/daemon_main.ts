/**
 * What the launcher starts: the daemon, without the rest of the command line. A runtime that reads
 * modules keeps all it might load in memory, for as long as the daemon runs.
 *
 * @module
 */

import { SPAWNED_MARKER, TAKES_OVER } from "../daemon/launch/launch_environment.ts";
import { parseClassic } from "./classic.ts";
import { serveInProcess } from "./serve_in_process.ts";
import { printBanner } from "./serve_request.ts";

const { flags, settings } = parseClassic(Deno.args);
const takesOver = Deno.env.get(SPAWNED_MARKER) === TAKES_OVER;
try {
  const { socket = "", "token-file": tokenFile, "token-fd": tokenFd } = flags;
  // At once, whatever a thread still does for a request that nobody waits for any more.
  Deno.exit(await serveInProcess({ socket, tokenFile, tokenFd, takesOver, settings }, printBanner));
} catch (error) {
  const { reportError } = await import("./report_error.ts");
  // The launcher shows the last sentence; the rest stays in the log.
  Deno.exit(reportError(error, { isLog: true }));
}

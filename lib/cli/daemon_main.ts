/**
 * The main module of the daemon that the launcher starts. It does not import the rest of the command line, because the
 * runtime keeps every module of the import graph in memory for as long as the daemon runs.
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
  // Exit at once: a thread may still be working on a request of a client that has disconnected.
  Deno.exit(await serveInProcess({ socket, tokenFile, tokenFd, takesOver, settings }, printBanner));
} catch (error) {
  const { reportError } = await import("./report_error.ts");
  // The launcher prints the last line of the log.
  Deno.exit(reportError(error, { isLog: true }));
}

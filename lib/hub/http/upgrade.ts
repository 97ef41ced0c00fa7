/**
 * Turns requests into WebSockets.
 *
 * @module
 */

import type { Problem } from "./problem.ts";

/** After how many seconds of silence a WebSocket is closed; the client is pinged after half of them. */
const IDLE_SECONDS = 40;

/** Returns the WebSocket of a request, and the response that accepts it; or why there is none. */
export function upgrade(request: Request): { readonly socket: WebSocket; readonly response: Response } | Problem {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return { status: 426, detail: "this address is a WebSocket", headers: [["upgrade", "websocket"]] };
  }
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: IDLE_SECONDS });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { status: 400, detail: `no WebSocket: ${error.message}` };
  }
}

/**
 * How the hub closes WebSockets.
 *
 * @module
 */

/** The codes. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  broken: 1006,
  policy: 1008,
  tooLarge: 1009,
  error: 1011,
  tryAgain: 1013,
  /** Another connection with the same key has taken over. */
  replaced: 4001,
} as const;

/** The longest reason, in bytes; the protocol allows 123. */
const MAX_REASON = 120;

/** Closes a WebSocket, as soon as it is open: before that, the client would get no reason. */
export function closeSoon(
  socket: Pick<WebSocket, "close" | "readyState" | "addEventListener">,
  code: number,
  reason: string,
): void {
  const close = () => socket.close(code, shorten(reason));
  if (socket.readyState === WebSocket.OPEN) close();
  else socket.addEventListener("open", close, { once: true });
}

/** Cuts a reason to what fits into a close, between two characters. */
function shorten(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON));
  return reason.slice(0, read);
}

/**
 * Where the bytes of a terminal are.
 *
 * @module
 */

/**
 * Returns the address of the WebSocket of a terminal's document.
 *
 * @param base The path below which the hub is reached.
 */
export function socketAddress(
  { protocol, host, pathname }: Pick<Location, "protocol" | "host" | "pathname">,
  base: string,
): string {
  const session = pathname.slice(`${base}/terminal/`.length);
  return `${protocol === "https:" ? "wss" : "ws"}://${host}${base}/ws/terminal/${session}`;
}

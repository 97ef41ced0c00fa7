/**
 * Parses addresses to listen on, as Go does (contract: Metrics).
 *
 * @module
 */

const MAX_PORT = 65_535;

/** An address to listen on. */
export interface ListenAddress {
  /** The address of the interface; `0.0.0.0` if the address contains none. */
  readonly hostname: string;
  /** The port; 0 for any free port. */
  readonly port: number;
}

/**
 * Parses `host:port`, `[v6]:port` or `:port`.
 *
 * @throws {SyntaxError} If the text is no address; the message is that of Go.
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text);
  if (match === null) {
    const problem = text.replace(/^\[[^\]]*\]/, "").includes(":") ? "too many colons" : "missing port";
    throw new SyntaxError(`listen tcp: address ${text}: ${problem} in address`);
  }
  const [, v6, name, digits = ""] = match;
  if (!/^\d+$/.test(digits)) throw new SyntaxError(`listen tcp: lookup tcp/${digits}: unknown port`);
  const port = Number(digits);
  if (port > MAX_PORT) throw new SyntaxError(`listen tcp: address ${digits}: invalid port`);
  return { hostname: v6 || name || "0.0.0.0", port };
}

/** Returns an address in the syntax of `--allow-net`; `undefined` if the text is no address. */
export function permissionHost(text: string): string | undefined {
  try {
    const { hostname, port } = parseListenAddress(text);
    return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether an interface can only be reached from this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "::1" || hostname === "localhost" || /^127\./.test(hostname);
}

/**
 * Addresses to listen on, as Go reads them (contract: Metrics).
 *
 * @module
 */

const MAX_PORT = 65_535;

/** An address to listen on. */
export interface ListenAddress {
  /** The interface; all when nothing is said. */
  readonly hostname: string;
  /** The port; 0 for any that is free. */
  readonly port: number;
}

/**
 * Reads `host:port`, `[v6]:port` or `:port`.
 *
 * @throws {SyntaxError} With the contract's text.
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

/** How the runtime names an address in its permissions; `undefined` when it is none. */
export function permissionHost(text: string): string | undefined {
  try {
    const { hostname, port } = parseListenAddress(text);
    return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether only this machine can reach an interface. */
export function isLoopback(hostname: string): boolean {
  return hostname === "::1" || hostname === "localhost" || /^127\./.test(hostname);
}

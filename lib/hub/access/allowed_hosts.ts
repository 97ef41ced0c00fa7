/**
 * Under which names the hub is reached. Any name that an attacker owns can be made to lead to this machine, so that a
 * page of the attacker would be of the same origin as the hub's: requests for other names are refused.
 *
 * @module
 */

import { isLoopback, isUnspecified, type ListenAddress, parseAddress } from "./addresses.ts";

/** The schemes of requests. */
export type Scheme = "http" | "https";

const DEFAULT_PORTS: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };
const MAX_PORT = 65_535;
/** The longest name in bytes that the DNS has. */
const MAX_NAME_LENGTH = 253;
/** A name or an IPv4 address, or an IPv6 address in brackets, and perhaps a port. */
const HOST = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/;
const ORIGIN = /^(https?):\/\/([^/?#@\\]+)$/;

/** A host as a request names it. */
export interface Host {
  /** A name in lower case, an IPv4 address, or an IPv6 address in brackets. */
  readonly name: string;
  /** The port; `undefined` for that of the scheme. */
  readonly port: number | undefined;
}

/** What determines the names of a hub. */
export interface OwnHosts {
  /** Where the hub listens. */
  readonly listen: ListenAddress;
  /** Further names, from `auth.allowed_hosts`. */
  readonly allowedHosts: readonly Host[];
}

/**
 * Parses a `Host` header.
 *
 * @returns `undefined` if it is malformed, or a name with a dot at its end.
 */
export function parseHost(text: string): Host | undefined {
  const [, name, digits] = HOST.exec(text.toLowerCase()) ?? [];
  if (name === undefined || name.length > MAX_NAME_LENGTH) return undefined;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && port > MAX_PORT) return undefined;
  if (!name.startsWith("[")) return { name, port };
  const canonical = URL.parse(`http://${name}/`)?.hostname;
  return canonical === undefined ? undefined : { name: canonical, port };
}

/**
 * Parses a name of `auth.allowed_hosts`, which may be in any script.
 *
 * @returns `undefined` if it is malformed.
 */
export function parseAllowedHost(text: string): Host | undefined {
  // deno-lint-ignore no-control-regex -- this is what tells ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return parseHost(text);
  const [, name = "", port = ""] = /^([^:/?#@\\[\]\s]+)(:\d+)?$/.exec(text) ?? [];
  const ascii = name === "" ? undefined : URL.parse(`http://${name}/`)?.hostname;
  return ascii === undefined ? undefined : parseHost(`${ascii}${port}`);
}

/**
 * Returns the host that a request names.
 *
 * @returns `undefined` if it names none.
 */
export function hostOfRequest({ headers, url }: Pick<Request, "headers" | "url">): string | undefined {
  const header = headers.get("host");
  if (header !== null) return header;
  // HTTP/2 has no such header. Without it, the runtime makes up the host of an unencrypted request.
  const { protocol, host } = new URL(url);
  return protocol === "https:" ? host : undefined;
}

/**
 * Whether a host is the hub itself: a name of loopback, the address where it listens, or an allowed name. A hub that
 * listens on all addresses is also reached by any address: only names can be made to lead elsewhere.
 *
 * @param host The `Host` header.
 * @param scheme The scheme of the request, which determines the port of a host without one.
 */
export function isOwnHost(host: string | undefined, scheme: Scheme, { listen, allowedHosts }: OwnHosts): boolean {
  const parsed = host === undefined ? undefined : parseHost(host);
  if (parsed === undefined) return false;
  const { name } = parsed;
  const address = name.replace(/^\[(.*)\]$/, "$1");
  if (name === "localhost" || isLoopback(address) || address === listen.hostname) return true;
  if (isUnspecified(listen.hostname) && parseAddress(address) !== undefined) return true;
  return allowedHosts.some((each) =>
    each.name === name && (each.port ?? portOf(parsed, scheme)) === portOf(parsed, scheme)
  );
}

/**
 * Whether a request comes from a page of the hub itself.
 *
 * @param origin The `Origin` header. The origin `null`, of sandboxed pages and files, is foreign.
 * @param host The `Host` header of the same request.
 * @param scheme The scheme of the request; behind a proxy, the one that the proxy was asked with.
 */
export function isOwnOrigin(origin: string, host: string | undefined, scheme: Scheme, own: OwnHosts): boolean {
  const [, originScheme, originHost] = ORIGIN.exec(origin.toLowerCase()) ?? [];
  if (originScheme !== scheme || originHost === undefined || !isOwnHost(host, scheme, own)) return false;
  const [from, to] = [parseHost(originHost), parseHost(host ?? "")];
  if (from === undefined || to === undefined) return false;
  return from.name === to.name && portOf(from, scheme) === portOf(to, scheme);
}

function portOf({ port }: Host, scheme: Scheme): number {
  return port ?? DEFAULT_PORTS[scheme];
}

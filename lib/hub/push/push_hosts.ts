/**
 * Which push services the hub may talk to. A browser tells the hub the address of its push service, so that anybody who
 * may sign in could make the hub send requests; these go to the hosts of the configuration alone. Over https, a host
 * proves its name, so that no name leads to another machine than the one that is meant.
 *
 * @module
 */

import { isLoopback } from "../access/addresses.ts";

/** The push services of Chrome and most others, Firefox, Safari, and Edge. */
export const DEFAULT_PUSH_HOSTS: readonly string[] = [
  "fcm.googleapis.com",
  "updates.push.services.mozilla.com",
  "*.push.apple.com",
  "*.notify.windows.com",
];

const HTTPS_PORT = 443;
const HTTP_PORT = 80;
/** The longest address of a subscription, in characters. */
const MAX_ENDPOINT = 2_048;
const WILDCARD = "*.";
/** A name or an address, with or without a port. What else URLs allow could be mistaken for more than one host. */
const HOST = /^(?:[a-z\d.-]+|\[[a-f\d:.]+\])(?::\d+)?$/;

/** A host, or all hosts below a name. */
export interface PushHost {
  /** The name or the IP address, as in URLs. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
  /** Whether the hosts below the name are meant, and not the name itself. */
  readonly isWildcard: boolean;
}

/** Parses a host: a name, an IP address, or `*.` and a name; with a port unless it is 443. */
export function parsePushHost(text: string): PushHost | undefined {
  const isWildcard = text.startsWith(WILDCARD);
  const host = isWildcard ? text.slice(WILDCARD.length) : text;
  const url = HOST.test(host) ? URL.parse(`https://${host}/`) : null;
  // What the parser of URLs changes is not written as in URLs, and would never be found in one.
  if (url === null || (url.host !== host && `${url.host}:${HTTPS_PORT}` !== host)) return undefined;
  if (isWildcard && /^\[|^[\d.]+$/.test(url.hostname)) return undefined;
  return { hostname: url.hostname, port: url.port === "" ? HTTPS_PORT : Number(url.port), isWildcard };
}

/** Returns a host as the runtime's permissions name it. */
export function pushHostText({ hostname, port, isWildcard }: PushHost): string {
  return `${isWildcard ? WILDCARD : ""}${hostname}:${port}`;
}

/**
 * Returns why the hub sends nothing to an address, in words that follow "the endpoint"; `undefined` if it does. Plain
 * http is for push services of this machine alone, which only tests have.
 */
export function endpointProblem(endpoint: string, hosts: readonly PushHost[]): string | undefined {
  const url = endpoint.length > MAX_ENDPOINT ? null : URL.parse(endpoint);
  if (url === null) return "is not an address";
  const { protocol, username, password, hostname } = url;
  const isPlain = protocol === "http:" && isLoopback(hostname.replace(/^\[|\]$/g, ""));
  if (protocol !== "https:" && !isPlain) return "is not an https address";
  if (username !== "" || password !== "") return "contains a user name or a password";
  if (hosts.some((host) => isAt(url, host))) return undefined;
  return `is at ${url.host}, which is not one of push.hosts`;
}

function isAt({ hostname, port, protocol }: URL, host: PushHost): boolean {
  const number = port === "" ? (protocol === "https:" ? HTTPS_PORT : HTTP_PORT) : Number(port);
  if (number !== host.port) return false;
  return host.isWildcard ? hostname.endsWith(`.${host.hostname}`) : hostname === host.hostname;
}

/**
 * IP addresses: which of them are of this machine, which are in a range, and what the key `listen` says.
 *
 * The runtime's own list of ranges (`node:net`) is not used, because the module occupies 2 MB in the idle hub.
 *
 * @module
 */

const MAX_PORT = 65_535;
const IPV4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;
const IPV6 = /^(?=.*:)[0-9a-f:.]+$/i;
/** The name of a network interface after an IPv6 address. */
const ZONE = /%[\w.~-]+$/;
/** An IPv4 address, an IPv6 address in brackets, or a name, and then a port. */
const LISTEN = /^(?:\[([^\]]*)\]|([^:[\]]+)):(\d+)$/;
const CIDR = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i;
/** An IPv4 address that is written as an IPv6 address begins so, and has 4 bytes more. */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** A range of addresses. */
export interface AddressRange {
  /** The first address: 4 or 16 bytes. */
  readonly bytes: Uint8Array;
  /** How many bits at the start of an address are compared. */
  readonly prefixLength: number;
}

/** Where a server listens. */
export interface ListenAddress {
  /** An IP address, without brackets. */
  readonly hostname: string;
  /** The port; 0 for a free one. */
  readonly port: number;
}

/**
 * Parses an IP address.
 *
 * @returns 4 bytes for IPv4, also for an IPv4 address that is written as `::ffff:127.0.0.1`; 16 bytes for IPv6; `undefined`
 * for anything else.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  if (IPV4.test(text)) {
    const bytes = text.split(".").map(Number);
    return bytes.every((byte) => byte <= 255) ? Uint8Array.from(bytes) : undefined;
  }
  const address = text.replace(ZONE, "");
  if (!IPV6.test(address)) return undefined;
  // The parser of URLs knows all ways to write an address, and shortens it in only one way.
  const short = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1);
  return short === undefined ? undefined : withoutMapping(expand(short));
}

/** Expands an IPv6 address that contains no IPv4 address. */
function expand(short: string): Uint8Array {
  const [start = [], end = []] = short.split("::").map((part) => part === "" ? [] : part.split(":"));
  const zeros = new Array<string>(8 - start.length - end.length).fill("0");
  const groups = [...start, ...zeros, ...end].map((group) => parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function withoutMapping(bytes: Uint8Array): Uint8Array {
  const isMapped = MAPPED_PREFIX.every((byte, i) => bytes[i] === byte);
  return isMapped ? bytes.subarray(MAPPED_PREFIX.length) : bytes;
}

/** Whether an address is one that only this machine reaches. */
export function isLoopback(address: string): boolean {
  const bytes = parseAddress(address);
  if (bytes === undefined) return false;
  return bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

/** Whether a server that listens on an address listens on all addresses of the machine, as with `0.0.0.0`. */
export function isUnspecified(address: string): boolean {
  return parseAddress(address)?.every((byte) => byte === 0) ?? false;
}

/**
 * Parses a range such as `10.0.0.0/8`; an address alone is a range of one.
 *
 * @returns `undefined` if it is malformed.
 */
export function parseRange(text: string): AddressRange | undefined {
  const [, address = "", length] = CIDR.exec(text) ?? [];
  const bytes = parseAddress(address);
  if (bytes === undefined) return undefined;
  const isMapped = bytes.length === 4 && address.includes(":");
  const prefixLength = length === undefined
    ? bytes.length * 8
    : Number(length) - (isMapped ? MAPPED_PREFIX.length * 8 : 0);
  return prefixLength >= 0 && prefixLength <= bytes.length * 8 ? { bytes, prefixLength } : undefined;
}

/** Whether an address is in one of the ranges. A text that is no address is in none. */
export function isInRanges(address: string, ranges: readonly AddressRange[]): boolean {
  const bytes = parseAddress(address);
  return bytes !== undefined && ranges.some((range) => contains(range, bytes));
}

function contains({ bytes, prefixLength }: AddressRange, address: Uint8Array): boolean {
  if (address.length !== bytes.length) return false;
  return address.every((byte, i) => {
    const bits = Math.min(8, Math.max(0, prefixLength - i * 8));
    return (byte ^ bytes[i]!) >> (8 - bits) === 0;
  });
}

/**
 * Parses where to listen: `ADDRESS:PORT`, with an IPv6 address in brackets. The name `localhost` is `127.0.0.1`.
 *
 * @returns The address, or what is wrong, which continues a sentence that names the key.
 */
export function parseListen(text: string): { readonly address: ListenAddress } | { readonly problem: string } {
  const shown = JSON.stringify(text);
  const [, bracketed, bare, digits] = LISTEN.exec(text) ?? [];
  if (digits === undefined) {
    const forms = '"127.0.0.1:7621", "[::1]:7621", or "0.0.0.0:7621" for all addresses of this machine';
    return { problem: `must be ADDRESS:PORT, such as ${forms}, not ${shown}` };
  }
  const port = Number(digits);
  if (port > MAX_PORT) return { problem: `must have a port from 0 to ${MAX_PORT}, not ${shown}` };
  const hostname = bracketed !== undefined ? canonicalIpv6(bracketed) : canonicalIpv4(bare!);
  if (hostname !== undefined) return { address: { hostname, port } };
  return { problem: `must have an IP address or localhost before the port, not ${shown}` };
}

function canonicalIpv4(text: string): string | undefined {
  if (text.toLowerCase() === "localhost") return "127.0.0.1";
  return parseAddress(text) === undefined ? undefined : text;
}

/** Returns the shortest form of an IPv6 address. */
function canonicalIpv6(text: string): string | undefined {
  return IPV6.test(text) ? URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1) : undefined;
}

/** Returns an address and a port as they are written in URLs and in permissions of the runtime. */
export function addressText({ hostname, port }: ListenAddress): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

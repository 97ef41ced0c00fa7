/**
 * Which addresses a clone may connect to: public ones, and private ones where the configuration says so. A repository
 * could otherwise be a way to what only this machine can reach.
 *
 * @module
 */

import { type IpAddress, type IpRange, isInRange, parseIp, parseIpRange } from "./ip_address.ts";

/** Which private addresses are allowed. */
export interface AddressRules {
  /** Whether all of them are. */
  readonly allowPrivate: boolean;
  /** Those that are allowed all the same. */
  readonly allowed: readonly IpRange[];
}

/** Returns why nothing may connect to an address, such as `a loopback address`; `undefined` if it may. */
export type AddressJudge = (address: string) => string | undefined;

type Kind = readonly [what: string, ranges: readonly IpRange[]];

function kind(what: string, ...ranges: readonly string[]): Kind {
  return [what, ranges.map(parseIpRange).filter((range) => range !== undefined)];
}

/** What nobody may allow. The first that fits is named. */
const REFUSED: readonly Kind[] = [
  kind("an unspecified address", "0.0.0.0/8", "::"),
  kind("a loopback address", "127.0.0.0/8", "::1"),
  kind("a link-local address", "169.254.0.0/16", "fe80::/10"),
  kind("a multicast address", "224.0.0.0/4", "ff00::/8"),
  kind("a reserved address", "192.0.2.0/24", "192.88.99.0/24", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4"),
  // Protocol assignments with Teredo among them, documentation, and site-local addresses.
  kind("a reserved address", "2001::/23", "2001:db8::/32", "3fff::/20", "fec0::/10"),
];

/** What the configuration may allow. */
const PRIVATE: readonly Kind[] = [
  kind("a private address", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
  kind("a private address (of a carrier)", "100.64.0.0/10"),
  kind("a private address (for measurements)", "198.18.0.0/15"),
  kind("a private address (for protocols)", "192.0.0.0/24"),
  // Where in these addresses the IPv4 address is depends on the network.
  kind("a private address (for NAT64)", "64:ff9b:1::/48"),
];

/** All public IPv6 addresses. */
const GLOBAL_IPV6: readonly IpRange[] = kind("", "2000::/3")[1];

/** The IPv6 addresses that contain an IPv4 address, and at which byte: mapped, compatible, NAT64 and 6to4. */
const WRAPPED: readonly (readonly [ranges: readonly IpRange[], at: number])[] = [
  [kind("", "::ffff:0:0/96", "::/96", "64:ff9b::/96")[1], 12],
  [kind("", "2002::/16")[1], 2],
];

/** Makes a judge of addresses. */
export function addressJudge({ allowPrivate, allowed }: AddressRules): AddressJudge {
  return (text) => {
    const address = parseIp(text);
    if (address === undefined) return "no address that can be checked";
    const inner = unwrap(address);
    const refused = find(REFUSED, inner);
    if (refused !== undefined) return refused;
    const isAllowed = allowPrivate || allowed.some((range) => isInRange(inner, range) || isInRange(address, range));
    const found = find(PRIVATE, inner);
    if (found !== undefined) return isAllowed ? undefined : found;
    const isPublic = inner.length === 4 || GLOBAL_IPV6.some((range) => isInRange(inner, range));
    return isPublic ? undefined : "a reserved address";
  };
}

/** Returns the IPv4 address in an IPv6 address, if there is one; else the address itself. */
function unwrap(address: IpAddress): IpAddress {
  if (address.length === 4 || find(REFUSED, address) !== undefined) return address;
  for (const [ranges, at] of WRAPPED) {
    if (ranges.some((range) => isInRange(address, range))) return address.slice(at, at + 4);
  }
  return address;
}

function find(kinds: readonly Kind[], address: IpAddress): string | undefined {
  return kinds.find(([, ranges]) => ranges.some((range) => isInRange(address, range)))?.[0];
}

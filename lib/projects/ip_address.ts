/**
 * IP addresses and ranges of them, read strictly: an IPv4 address is four decimal numbers and nothing else.
 *
 * @module
 */

/** The bytes of an address: 4 of IPv4, 16 of IPv6. */
export type IpAddress = readonly number[];

/** A range of addresses. */
export interface IpRange {
  /** The first address. */
  readonly address: IpAddress;
  /** How many bits all addresses of the range share. */
  readonly bits: number;
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,2})$/;
const HEXADECIMAL = /^[0-9A-Fa-f]{1,4}$/;
const GROUPS = 8;

/** Reads an address; `undefined` if the text is none, has a zone such as `%eth0`, or is an odd form such as `0x7f.1`. */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => DECIMAL.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, i) => parseGroups(half, i === halves.length - 1));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === GROUPS ? toBytes(head) : undefined;
  if (tail === undefined || head.length + tail.length >= GROUPS) return undefined;
  return toBytes([...head, ...new Array<number>(GROUPS - head.length - tail.length).fill(0), ...tail]);
}

/** Reads groups between colons; the last ones may be written as an IPv4 address. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const last = parts.at(-1)!;
  const ipv4 = mayEndInIpv4 && last.includes(".") ? parseIpv4(last) : undefined;
  const hexadecimal = ipv4 === undefined ? parts : parts.slice(0, -1);
  if (!hexadecimal.every((part) => HEXADECIMAL.test(part))) return undefined;
  const groups = hexadecimal.map((part) => parseInt(part, 16));
  if (ipv4 === undefined) return groups;
  const [a = 0, b = 0, c = 0, d = 0] = ipv4;
  return [...groups, a << 8 | b, c << 8 | d];
}

function toBytes(groups: readonly number[]): IpAddress {
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

/** Reads a range such as `10.0.0.0/8`; an address alone is a range of one. `undefined` if it is none. */
export function parseIpRange(text: string): IpRange | undefined {
  const [base = "", length, ...more] = text.split("/");
  const address = parseIp(base);
  if (address === undefined || more.length > 0) return undefined;
  if (length === undefined) return { address, bits: address.length * 8 };
  if (!DECIMAL.test(length) || Number(length) > address.length * 8) return undefined;
  return { address, bits: Number(length) };
}

/** Whether an address is in a range. */
export function isInRange(address: IpAddress, { address: base, bits }: IpRange): boolean {
  if (address.length !== base.length) return false;
  return base.every((byte, i) => {
    const shared = Math.min(8, Math.max(0, bits - i * 8));
    const mask = 0xff << 8 - shared & 0xff;
    return (byte & mask) === (address[i]! & mask);
  });
}

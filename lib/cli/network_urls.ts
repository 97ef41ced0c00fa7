/**
 * The addresses of the page for other devices, of a hub that listens on all addresses of this machine.
 *
 * @module
 */

import { isLoopback, isUnspecified, type ListenAddress, parseAddress } from "../hub/access/addresses.ts";

/** Stands for the address of this machine where it is not known. */
export const UNKNOWN_ADDRESS = "ADDRESS";
/** How many addresses are shown; containers and the like may add many. */
const MAX_SHOWN = 8;

/** An address of this machine, as the system lists it. */
export type OwnAddress = Pick<Deno.NetworkInterfaceInfo, "address" | "family">;

/**
 * Returns what to open on other devices, IPv4 first; with `ADDRESS` in it if the program may not list the addresses.
 * Addresses that only count on a link are left out.
 *
 * @param url The address of the page on this machine.
 * @param listen Where the hub listens.
 * @param own The addresses of this machine; `undefined` if they are not known.
 * @returns Nothing if the hub listens on one address only, which `url` has.
 */
export function networkUrls(
  url: string,
  listen: ListenAddress | undefined,
  own: readonly OwnAddress[] | undefined = ownAddresses(),
): string[] {
  if (listen === undefined || !isUnspecified(listen.hostname)) return [];
  if (own === undefined) return [withHost(url, UNKNOWN_ADDRESS)];
  // A hub on `::` also takes IPv4, one on `0.0.0.0` takes nothing else.
  const usable = own.filter(({ address, family }) =>
    !isLoopback(address) && !isLinkLocal(address) && (family === "IPv4" || listen.hostname.includes(":"))
  );
  const sorted = usable.toSorted((a, b) => Number(a.family === "IPv6") - Number(b.family === "IPv6"));
  return sorted.slice(0, MAX_SHOWN).map(({ address, family }) =>
    withHost(url, family === "IPv6" ? `[${address}]` : address)
  );
}

/** Returns the addresses of this machine; `undefined` if the program may not list them. */
function ownAddresses(): readonly OwnAddress[] | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "networkInterfaces" });
  return state === "granted" ? Deno.networkInterfaces() : undefined;
}

/** Whether an address is in `169.254.0.0/16` or `fe80::/10`. */
function isLinkLocal(address: string): boolean {
  const [first = 0, second = 0, ...rest] = parseAddress(address) ?? [];
  return rest.length === 2 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80;
}

function withHost(url: string, host: string): string {
  return url.replace(/^(https?:\/\/)(?:\[[^\]]*\]|[^:/]+)/, (_, scheme: string) => scheme + host);
}

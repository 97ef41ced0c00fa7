/**
 * What somebody types on a machine that is to dial this hub.
 *
 * @module
 */

import { quoted } from "./host_text.ts";

/** Where the key is put. */
const KEY_DIRECTORY = "~/.config/claustrum";
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** What is known of the address of the hub, as the browser has it. */
export type PageAddress = Pick<Location, "protocol" | "host" | "hostname">;

/** Whether only the machine of the hub itself reaches an address. */
export function isLoopback({ hostname }: Pick<PageAddress, "hostname">): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * Returns the address that a host dials.
 *
 * @param base The path below which the hub is reached.
 */
export function linkUrl({ protocol, host }: PageAddress, base: string): string {
  return `${protocol === "https:" ? "wss" : "ws"}://${host}${base}/ws/daemon`;
}

/**
 * Returns the line that puts a key into a file that nobody else can read, and dials.
 *
 * @param key The key; `undefined` for one that is in the file already.
 * @param url The address of the hub.
 */
export function linkCommand(key: string | undefined, url: string): string {
  const { hostname } = new URL(url.replace(/^ws/, "http"));
  // One key for each hub that is dialed.
  const file = `${KEY_DIRECTORY}/link-${hostname.replaceAll(/[^\w.-]/g, "")}.key`;
  // Only loopback is allowed without TLS.
  const isOpen = url.startsWith("ws:") && !LOOPBACK.test(hostname);
  const dial = `claustrum hub link ${quoted(url)} --key-file ${file}${isOpen ? " --allow-insecure" : ""}`;
  if (key === undefined) return dial;
  // Shells keep a line that begins with a space out of their history, if they are told so.
  return ` (umask 077; mkdir -p ${KEY_DIRECTORY}; echo ${quoted(key)} > ${file}); ${dial}`;
}

/** Returns what has to be known about the address before the line is typed; `undefined` if nothing. */
export function linkWarning(address: PageAddress): string | undefined {
  if (isLoopback(address)) {
    return "This page is open under an address of this machine alone. In the line, put the name under which the other " +
      "machine reaches this hub, which has to listen there: see listen in hub.toml.";
  }
  if (address.protocol === "https:") return undefined;
  return "This hub is reached without TLS: whoever is on the way between the machines could read the key. Put a proxy " +
    "with https in front of it, or configure tls in hub.toml.";
}

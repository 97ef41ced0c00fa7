/**
 * The key `links`: which hubs this one dials, so that they show its sessions.
 *
 * @module
 */

import { isLoopback } from "../access/addresses.ts";
import type { ConfigProblem } from "../config_problem.ts";

/** The most links. */
const MAX_LINKS = 16;
const MEMBERS = ["url", "key_file", "ca_file", "allow_insecure"] as const;
/** Where a hub expects hosts. */
const LINK_PATH = "/ws/daemon";

/** A hub that this one dials. */
export interface LinkConfig {
  /** Its address, such as `wss://hub.example.org/ws/daemon`. */
  readonly url: string;
  /** The file with the key that it has made for this host. */
  readonly keyFile: string;
  /** A file of certificates in the PEM format that are trusted, too; `undefined` for none. */
  readonly caFile: string | undefined;
}

type Parsed<T> = { readonly value: T } | { readonly problem: ConfigProblem };

/**
 * Parses the key `links`.
 *
 * @returns The links, or what is wrong with one.
 */
export function parseLinks(tables: readonly Readonly<Record<string, unknown>>[]): Parsed<readonly LinkConfig[]> {
  if (tables.length > MAX_LINKS) return { problem: { text: `has more than ${MAX_LINKS} entries` } };
  const links: LinkConfig[] = [];
  for (const [index, table] of tables.entries()) {
    const parsed = parseLink(table);
    if ("problem" in parsed) return { problem: { ...parsed.problem, index } };
    const same = links.findIndex(({ url }) => url === parsed.value.url);
    if (same >= 0) return { problem: { index, member: "url", text: `is that of links[${same}], too` } };
    links.push(parsed.value);
  }
  return { value: links };
}

/** Reads the address of a hub; a path that is missing is completed.
 *
 * @returns The address, or what is wrong with it. */
export function parseLinkUrl(
  text: string,
  allowsInsecure: boolean,
): { readonly url: string } | { readonly problem: string } {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "wss:" && url.protocol !== "ws:")) {
    return { problem: 'must be an address such as "wss://hub.example.org/ws/daemon"' };
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return { problem: "must have no user, no query and no fragment: the key is in a file of its own" };
  }
  if (url.protocol === "ws:" && !isOfThisMachine(url.hostname) && !allowsInsecure) {
    return {
      problem: "must begin with wss://: over ws:// the key crosses the network in the clear (allow_insecure = true)",
    };
  }
  if (url.pathname === "/") url.pathname = LINK_PATH;
  return { url: url.href };
}

/** Returns how a link is named in the log and to people. */
export function linkName({ url }: Pick<LinkConfig, "url">): string {
  return new URL(url).host;
}

function parseLink(table: Readonly<Record<string, unknown>>): Parsed<LinkConfig> {
  const unknown = Object.keys(table).find((name) => !MEMBERS.some((member) => member === name));
  if (unknown !== undefined) return problem(unknown, `is not one of ${MEMBERS.join(", ")}`);
  const { url, key_file: keyFile, ca_file: caFile, allow_insecure: allowsInsecure = false } = table;
  if (typeof allowsInsecure !== "boolean") return problem("allow_insecure", "must be true or false");
  if (url === undefined) return { problem: { text: "has no url" } };
  const parsed = typeof url === "string" ? parseLinkUrl(url, allowsInsecure) : parseLinkUrl("", false);
  if ("problem" in parsed) return problem("url", parsed.problem);
  if (keyFile === undefined) {
    return {
      problem: { text: "has no key_file: the hub at the other end makes a key with claustrum host key create NAME" },
    };
  }
  if (!isPath(keyFile)) return problem("key_file", "must be an absolute path");
  if (caFile !== undefined && !isPath(caFile)) return problem("ca_file", "must be an absolute path");
  return { value: { url: parsed.url, keyFile, caFile } };
}

function isPath(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("/") && !value.includes("\0");
}

function isOfThisMachine(hostname: string): boolean {
  return hostname === "localhost" || isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
}

function problem(member: string, text: string): { readonly problem: ConfigProblem } {
  return { problem: { member, text } };
}

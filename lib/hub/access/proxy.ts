/**
 * Signing in through a reverse proxy, which tells the name of the user and proves with a signature that it is the proxy.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import type { ConfigProblem } from "../config_problem.ts";
import { type AddressRange, isInRanges, parseRange } from "./addresses.ts";

/** How far the time of a signature may be from now, in either direction, in seconds. */
const WINDOW_SECONDS = 60;
const MIN_SECRET_LENGTH = 16;
const MAX_USER_BYTES = 256;
const MEMBERS = ["trusted_ips", "user_header", "signature_header", "secret"] as const;
/** The names that headers may have. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A header that was sent twice arrives as one with a comma between the values, and does not match. */
const SIGNATURE = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;
/** A colon would make the signed text ambiguous, and a comma may come from a second header. */
// deno-lint-ignore no-control-regex -- control characters are what it looks for
const REFUSED_IN_USER = /[\x00-\x1f\x7f:,]/;

/** The table `auth.proxy`. */
export interface ProxyConfig {
  /** The addresses of the proxy. */
  readonly trustedIps: readonly AddressRange[];
  /** The header with the name of the user, in lower case. */
  readonly userHeader: string;
  /** The header with the signature, in lower case. */
  readonly signatureHeader: string;
  /** What hub and proxy share. */
  readonly secret: string;
}

/** The parts of a request that the signature is about. */
export interface ProxiedRequest {
  /** The address of the other end of the connection. */
  readonly peer: string;
  /** The method, in upper case. */
  readonly method: string;
  /** The path as the hub got it, without the query. */
  readonly path: string;
  /** The headers. */
  readonly headers: Pick<Headers, "get">;
}

/** The result of {@linkcode proxiedUser}: the user, no attempt to sign in, or why it was refused. */
export type ProxiedUser =
  | { readonly kind: "user"; readonly user: string }
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Parses the table `auth.proxy`.
 *
 * @returns The settings, or what is wrong with them.
 */
export function parseProxy(
  table: Readonly<Record<string, unknown>>,
): { readonly proxy: ProxyConfig } | { readonly problem: ConfigProblem } {
  const unknown = Object.keys(table).find((name) => !MEMBERS.some((member) => member === name));
  if (unknown !== undefined) return problem(unknown, `is not one of ${MEMBERS.join(", ")}`);
  const missing = MEMBERS.find((member) => table[member] === undefined);
  if (missing !== undefined) return { problem: { text: `has no ${missing}: it needs ${MEMBERS.join(", ")}` } };
  const trustedIps = parseRanges(table["trusted_ips"]);
  if (trustedIps === undefined) {
    return problem("trusted_ips", 'must be a list of addresses and ranges, such as ["127.0.0.1", "10.0.0.0/8"]');
  }
  const [userHeader, signatureHeader] = [headerName(table["user_header"]), headerName(table["signature_header"])];
  if (userHeader === undefined) return problem("user_header", 'must be the name of a header, such as "X-Remote-User"');
  if (signatureHeader === undefined || signatureHeader === userHeader) {
    return problem("signature_header", 'must be the name of another header, such as "X-Remote-Signature"');
  }
  const { secret } = table;
  if (typeof secret === "string" && secret.length >= MIN_SECRET_LENGTH) {
    return { proxy: { trustedIps, userHeader, signatureHeader, secret } };
  }
  return problem("secret", `must be a text of at least ${MIN_SECRET_LENGTH} characters`);
}

function problem(member: string, text: string): { readonly problem: ConfigProblem } {
  return { problem: { member, text } };
}

/** Returns `undefined` for an empty list, too: it would switch the proxy off without saying so. */
function parseRanges(value: unknown): readonly AddressRange[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const ranges: AddressRange[] = [];
  for (const text of value) {
    const range = typeof text === "string" ? parseRange(text) : undefined;
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return ranges;
}

function headerName(value: unknown): string | undefined {
  return typeof value === "string" && HEADER_NAME.test(value) ? value.toLowerCase() : undefined;
}

/**
 * Returns the user whom a proxy has signed in.
 *
 * @param now Milliseconds since the epoch.
 */
export function proxiedUser(request: ProxiedRequest, proxy: ProxyConfig, now: number): ProxiedUser {
  const user = request.headers.get(proxy.userHeader);
  const signature = request.headers.get(proxy.signatureHeader);
  if (user === null && signature === null) return { kind: "absent" };
  if (!isInRanges(request.peer, proxy.trustedIps)) return refused(`${request.peer} is not in auth.proxy.trusted_ips`);
  if (user === null) return refused(`there is no header ${proxy.userHeader}`);
  if (signature === null) return refused(`there is no header ${proxy.signatureHeader}`);
  const name = readUser(user);
  if (name === undefined) return refused(`the header ${proxy.userHeader} contains no single name`);
  const [, time = "", hex = ""] = SIGNATURE.exec(signature) ?? [];
  if (hex === "") return refused(`the header ${proxy.signatureHeader} is not t=SECONDS,v1=HEX`);
  if (!isSignedBy(proxy.secret, [user, time, request.method, request.path].join(":"), hex)) {
    return refused("the signature is wrong");
  }
  if (Math.abs(now / 1000 - Number(time)) <= WINDOW_SECONDS) return { kind: "user", user: name };
  return refused(`the signature is of another time: the clocks may differ by ${WINDOW_SECONDS} s`);
}

function refused(reason: string): ProxiedUser {
  return { kind: "refused", reason };
}

/** Returns the name in a header, which the runtime reads as Latin-1 while proxies write UTF-8. */
function readUser(header: string): string | undefined {
  if (header === "" || header.length > MAX_USER_BYTES || REFUSED_IN_USER.test(header)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(latin1Bytes(header));
  } catch (error) {
    if (error instanceof TypeError) return undefined; // not UTF-8
    throw error;
  }
}

function isSignedBy(secret: string, text: string, hex: string): boolean {
  const expected = createHmac("sha256", secret).update(latin1Bytes(text)).digest();
  return timingSafeEqual(expected, Uint8Array.fromHex(hex));
}

function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

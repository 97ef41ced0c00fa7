/**
 * The cookie of a browser that has signed in.
 *
 * Over https, its name makes browsers refuse it from any other host, and from the same host over http. Over http there is
 * no such name: another server on this machine can set or overwrite the cookie, which is why it does not suffice there.
 *
 * @module
 */

import type { Scheme } from "./allowed_hosts.ts";

/** How long a browser stays signed in, in seconds: seven days. */
export const SIGN_IN_SECONDS: number = 7 * 24 * 3600;

const NAMES: Readonly<Record<Scheme, string>> = {
  http: "claustrum_sign_in",
  https: "__Host-claustrum_sign_in",
};
/** A header that is longer is not read, in characters. */
const MAX_HEADER_LENGTH = 64 << 10;
/** The id of a sign-in: 32 bytes in base64url. */
const ID = /^[A-Za-z0-9_-]{43}$/;

/**
 * Returns the `Set-Cookie` header that signs a browser in.
 *
 * @param id The id of the sign-in.
 * @param scheme The scheme that the browser uses.
 */
export function signInCookie(id: string, scheme: Scheme): string {
  return cookie(id, SIGN_IN_SECONDS, scheme);
}

/**
 * Returns the `Set-Cookie` header that signs a browser out.
 *
 * @param scheme The scheme that the browser uses.
 */
export function signOutCookie(scheme: Scheme): string {
  return cookie("", 0, scheme);
}

/** The path is `/` also below a base path, because browsers demand that of a name with `__Host-`. */
function cookie(value: string, maxAge: number, scheme: Scheme): string {
  const secure = scheme === "https" ? "; Secure" : "";
  return `${NAMES[scheme]}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
}

/**
 * Returns the id of the sign-in that a browser sends. Only the cookie of the scheme counts.
 *
 * @param header The `Cookie` header.
 * @param scheme The scheme that the browser uses.
 * @returns `undefined` if there is none, or if there are several: then one of them is somebody else's, and the order does
 * not tell which.
 */
export function signInIdOf(header: string | null, scheme: Scheme): string | undefined {
  if (header === null || header.length > MAX_HEADER_LENGTH) return undefined;
  const start = `${NAMES[scheme]}=`;
  const pairs = header.split(";").map((pair) => pair.trim());
  const [id, ...others] = new Set(
    pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length)),
  );
  return id !== undefined && others.length === 0 && ID.test(id) ? id : undefined;
}

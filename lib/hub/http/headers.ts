/**
 * The headers that responses have in common.
 *
 * @module
 */

/** Headers as name and value. */
export type HeaderList = [string, string][];

/** What every response says about itself: browsers guess no type, embed nothing and tell no other site where they were. */
const COMMON: HeaderList = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
];

/** The policy of a response that is no page: it loads nothing, runs nothing, and is framed nowhere. */
const NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/**
 * The policy of the page: everything comes from the hub itself, nothing is written into the document as text, and no site
 * frames it.
 */
const PAGE = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types claustrum",
].join("; ");

/** The policy of a terminal's document: its emulator writes styles into the document, and our page frames it. */
const TERMINAL = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join("; ");

/** How long browsers use https alone, once they have come over https, in seconds. */
const HTTPS_SECONDS = 365 * 24 * 60 * 60;
const HTTPS_ONLY: HeaderList[number] = ["strict-transport-security", `max-age=${HTTPS_SECONDS}`];

const DATA: HeaderList = [...COMMON, ["content-security-policy", NO_PAGE], ["cache-control", "no-store"]];
const JSON_DATA: HeaderList = [...DATA, ["content-type", "application/json"]];

/**
 * Returns the headers of a response that is data, and no page.
 *
 * @param type The content type; JSON if absent.
 * @param isSecure Whether the request came over https.
 * @param more Further headers.
 */
export function dataHeaders(isSecure: boolean, type?: string, more: HeaderList = []): HeaderList {
  if (type === undefined && !isSecure && more.length === 0) return JSON_DATA;
  const headers: HeaderList = type === undefined ? [...JSON_DATA] : [...DATA, ["content-type", type]];
  if (isSecure) headers.push(HTTPS_ONLY);
  headers.push(...more);
  return headers;
}

/**
 * Returns the headers of the page and of what it loads.
 *
 * @param isSecure Whether the request came over https.
 * @param more Further headers.
 */
export function pageHeaders(isSecure: boolean, more: HeaderList): HeaderList {
  return withPolicy(PAGE, isSecure, more);
}

/**
 * Returns the headers of a terminal's document.
 *
 * @param isSecure Whether the request came over https.
 * @param more Further headers.
 */
export function terminalHeaders(isSecure: boolean, more: HeaderList): HeaderList {
  return withPolicy(TERMINAL, isSecure, more);
}

function withPolicy(policy: string, isSecure: boolean, more: HeaderList): HeaderList {
  const headers: HeaderList = [...COMMON, ["content-security-policy", policy], ...more];
  if (isSecure) headers.push(HTTPS_ONLY);
  return headers;
}

/** Returns the header with which a browser gets a cookie; none without one. */
export function cookieHeaders(cookie: string | undefined): HeaderList {
  return cookie === undefined ? [] : [["set-cookie", cookie]];
}

/**
 * The URLs from which a project may be cloned. Only what is certain to mean the same to git, ssh and curl is accepted.
 *
 * @module
 */

import { CloneError } from "./clone_error.ts";
import { parseIp } from "./ip_address.ts";

/** From where to clone. */
export interface CloneSource {
  /** How git connects. */
  readonly scheme: "https" | "http" | "ssh";
  /** The name or the address of the host, in lower case, an IPv6 address without brackets. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** The URL as git gets it, which never contains a password. */
  readonly url: string;
  /** What the URL says of who clones over https: a user, and perhaps a password. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** What the path ends with, without `.git`; it need not be a valid name. */
  readonly name: string;
}

const PORTS = { https: 443, http: 80, ssh: 22 } as const;
const MAX_LENGTH = 2_048;
/** What a URL consists of, so that it can be printed, and that no program reads it in another way. */
const PLAIN = /^[!-~]+$/;
const WITH_SCHEME =
  /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?:(?<user>[^/@]*)@)?(?<host>\[[^\]/]*\]|[^/:@[\]]*)(?::(?<port>[^/@]*))?(?<path>\/.*)?$/;
/** What scp takes. */
const SHORT_SSH = /^(?<user>[^/:@]+)@(?<host>\[[^\]/]*\]|[^/:@[\]]*):(?<path>.+)$/;
const HOST_NAME =
  /^(?!.{254})[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;
/** What a program may take for an IPv4 address. */
const NUMBER_AT_THE_END = /(?:^|\.)(?:[0-9]+|0[xX][0-9A-Fa-f]*)$/;
const SSH_USER = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
/** What may stand before the `@` of an https URL without being written as `%…`. */
const USER_INFO = /^[A-Za-z0-9._~!$&*+,;=:%-]*$/;
const PORT = /^[1-9][0-9]{0,4}$/;
const PATH = /^[^\\?#<>"'`{}|^]+$/;

/**
 * Reads a URL: `https://host/path`, `ssh://user@host/path`, or `user@host:path`.
 *
 * @param schemes The schemes that are allowed.
 * @throws {CloneError} If it cannot be read (`bad_params`), or its scheme is not allowed (`refused`).
 */
export function parseCloneUrl(text: string, schemes: readonly string[]): CloneSource {
  if (text.length > MAX_LENGTH) throw wrong(`is longer than ${MAX_LENGTH} characters`);
  if (!PLAIN.test(text)) throw wrong("is empty, or contains spaces, control characters or letters beyond ASCII");
  const long = WITH_SCHEME.exec(text)?.groups;
  if (long !== undefined) return parseLong(long, schemes);
  const short = SHORT_SSH.exec(text)?.groups;
  if (short === undefined) throw wrong("is none of https://host/path, ssh://user@host/path and user@host:path");
  requireScheme("ssh", schemes);
  const { user = "", host = "", path = "" } = short;
  const source = { scheme: "ssh", host: parseHost(host), port: PORTS.ssh, name: nameIn(path) } as const;
  checkPath(path);
  // Git itself refuses a path like this, for a program could take it for an option.
  if (path.startsWith("-")) throw wrong("has a path that begins with a hyphen");
  if (`:${path}`.includes("://")) throw wrong("has a URL as its path");
  return { ...source, url: `${parseSshUser(user)}@${bracketed(source.host)}:${path}` };
}

function parseLong(parts: Readonly<Record<string, string | undefined>>, schemes: readonly string[]): CloneSource {
  const { user, port: portText, path = "" } = parts;
  const scheme = requireScheme((parts["scheme"] ?? "").toLowerCase(), schemes);
  const host = parseHost(parts["host"] ?? "");
  const port = portText === undefined ? PORTS[scheme] : parsePort(portText);
  if (path.length < 2) throw wrong("names no repository on its host");
  checkPath(path);
  const place = `${bracketed(host)}${portText === undefined ? "" : `:${port}`}${path}`;
  const source = { scheme, host, port, name: nameIn(path) };
  if (scheme !== "ssh") {
    const url = `${scheme}://${place}`;
    return user === undefined ? { ...source, url } : { ...source, url, credentials: parseCredentials(user) };
  }
  return { ...source, url: `ssh://${user === undefined ? "" : `${parseSshUser(user)}@`}${place}` };
}

function requireScheme(scheme: string, schemes: readonly string[]): keyof typeof PORTS {
  if (isKnown(scheme) && schemes.includes(scheme)) return scheme;
  const allowed = schemes.filter(isKnown).join(", ");
  // The name may be anything, also one that the terminal should not see at length.
  throw new CloneError(
    "refused",
    `a project is not cloned from "${scheme.slice(0, 20)}://": clone.schemes allows ${
      allowed === "" ? "none" : allowed
    }`,
  );
}

function isKnown(scheme: string): scheme is keyof typeof PORTS {
  return Object.hasOwn(PORTS, scheme);
}

function parseHost(text: string): string {
  if (text.startsWith("[")) {
    const address = text.slice(1, -1);
    if (!address.includes(":") || parseIp(address) === undefined) throw wrong("has no valid address in brackets");
    return address.toLowerCase();
  }
  if (!HOST_NAME.test(text)) throw wrong("has no valid host name");
  if (NUMBER_AT_THE_END.test(text) && parseIp(text) === undefined) {
    throw wrong("has a host that is neither a name nor an address such as 192.0.2.1");
  }
  return text.toLowerCase();
}

function parsePort(text: string): number {
  if (!PORT.test(text) || Number(text) > 65_535) throw wrong("has a port that is not from 1 to 65535");
  return Number(text);
}

function checkPath(path: string): void {
  if (!PATH.test(path)) throw wrong("has a path with a query, a fragment, quotes, brackets or a backslash");
}

function parseSshUser(text: string): string {
  if (text.includes(":")) throw wrong("has a password, which ssh does not take: use a key");
  if (!SSH_USER.test(text)) throw wrong("has no valid user name");
  return text;
}

function parseCredentials(text: string): { user: string; password: string } {
  if (!USER_INFO.test(text)) throw wrong("has a user or a password with characters that must be written as %…");
  const [user = "", ...password] = text.split(":");
  try {
    const decoded = { user: decodeURIComponent(user), password: decodeURIComponent(password.join(":")) };
    // deno-lint-ignore no-control-regex
    if (!/[\x00-\x1f\x7f]/.test(decoded.user + decoded.password) && !decoded.user.includes(":")) return decoded;
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  throw wrong("has a user or a password that cannot be decoded");
}

function nameIn(path: string): string {
  const last = path.replace(/\/+$/, "").split(/[/:]/).at(-1) ?? "";
  return last.replace(/\.git$/, "");
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** The URL is not repeated, for it may contain a password. */
function wrong(what: string): CloneError {
  return new CloneError("bad_params", `the URL ${what}`);
}

/**
 * The address of a host that is reached over SSH: what the person's own `ssh` takes, and nothing that it could mistake
 * for an option.
 *
 * @module
 */

import { RequestError } from "../system/request_error.ts";

/** The address of a host. */
export interface SshTarget {
  /** The name or address, or an alias of the person's configuration. */
  readonly host: string;
  /** The user; absent for what the configuration says. */
  readonly user?: string;
  /** The port; absent for what the configuration says. */
  readonly port?: number;
}

/** Names, IPv4 addresses and IPv6 addresses, with a zone. A dash at the beginning would be an option. */
const HOST = /^(?!-)[A-Za-z0-9._:%-]{1,253}$/;
const USER = /^(?!-)[A-Za-z0-9._@+-]{1,64}$/;
const MAX_PORT = 65_535;

/** Whether a text is the name or the address of a host. */
export function isSshHost(text: string): boolean {
  return HOST.test(text);
}

/**
 * Reads `ssh://USER@HOST:PORT`; the user and the port may be missing.
 *
 * @throws {RequestError} If it is no such address.
 */
export function parseSshTarget(text: string): SshTarget {
  const [, user, bracketed, plain, port] =
    /^ssh:\/\/(?:([^@/]*)@)?(?:\[([^\]/]*)\]|([^:/]*))(?::(\d{1,5}))?\/?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const isWrong = host === undefined || !HOST.test(host) || user !== undefined && !USER.test(user) ||
    port !== undefined && (Number(port) < 1 || Number(port) > MAX_PORT);
  if (isWrong) {
    throw new RequestError(
      "bad_params",
      `${JSON.stringify(text)} is no address such as "ssh://me@box" or "ssh://box:22"`,
    );
  }
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port: Number(port) }) };
}

/** Writes an address as {@linkcode parseSshTarget} reads it. */
export function formatSshTarget({ host, user, port }: SshTarget): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `ssh://${user === undefined ? "" : `${user}@`}${name}${port === undefined ? "" : `:${port}`}`;
}

/** Returns the arguments that name a host for `ssh`. */
export function targetArguments({ host, user, port }: SshTarget): string[] {
  return [
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined ? [] : ["-l", user]),
    "--",
    host,
  ];
}

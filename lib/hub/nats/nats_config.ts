/**
 * The table `nats` of the configuration: the NATS server that connects many machines.
 *
 * @module
 */

import { isLoopback } from "../access/addresses.ts";
import type { ConfigProblem } from "../config_problem.ts";

/** The port of a NATS server whose address names none. */
const DEFAULT_PORT = 4222;
/** The name of the stream by default. */
const DEFAULT_STREAM = "claustrum";
/** What a stream may be called: its name is a part of subjects, and of the names of files. */
const STREAM_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const MEMBERS = ["url", "creds", "nkey_file", "ca_file", "stream"] as const;

/** A server of NATS. */
export interface NatsServer {
  /** The name or address, without the brackets of IPv6. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/** How NATS is reached. */
export interface NatsConfig {
  /** The servers: one, or all of a cluster. */
  readonly servers: readonly NatsServer[];
  /** Whether the connection has to be encrypted. */
  readonly isSecure: boolean;
  /** The file of the credentials, a JWT and a seed; `undefined` for none. */
  readonly credsFile: string | undefined;
  /** The file of the seed of an nkey, which is made if it is not there; `undefined` for none. */
  readonly nkeyFile: string | undefined;
  /** The file of the certificates that are trusted; `undefined` for the system's. */
  readonly caFile: string | undefined;
  /** The name of the stream of events. */
  readonly stream: string;
}

/**
 * Parses the table `nats`.
 *
 * @returns The configuration, or what is wrong with it.
 */
export function parseNats(
  table: Readonly<Record<string, unknown>>,
): { readonly value: NatsConfig } | { readonly problem: ConfigProblem } {
  const unknown = Object.keys(table).find((name) => !MEMBERS.some((member) => member === name));
  if (unknown !== undefined) return problem(unknown, `is not one of ${MEMBERS.join(", ")}`);
  const { url, stream = DEFAULT_STREAM } = table;
  if (url === undefined) return { problem: { text: 'has no url, such as "nats://127.0.0.1:4222"' } };
  const urls = (Array.isArray(url) ? url : [url]).map(parseUrl);
  const servers = urls.filter((one) => one !== undefined);
  if (servers.length === 0 || servers.length < urls.length) {
    return problem("url", 'must be an address such as "tls://nats.example.org:4222", or a list of those of a cluster');
  }
  for (const name of ["creds", "nkey_file", "ca_file"] as const) {
    const path = table[name];
    if (path !== undefined && (typeof path !== "string" || !path.startsWith("/"))) {
      return problem(name, "must be the path of a file that begins with /");
    }
  }
  if (table.creds !== undefined && table.nkey_file !== undefined) {
    return problem("nkey_file", "is set beside creds: set only one of them");
  }
  if (typeof stream !== "string" || !STREAM_NAME.test(stream)) {
    return problem("stream", "must consist of letters, digits, - and _");
  }
  const isSecure = table.ca_file !== undefined || servers.some(({ isTls, hostname }) => isTls || !isNear(hostname));
  return {
    value: {
      servers: servers.map(({ hostname, port }) => ({ hostname, port })),
      isSecure,
      credsFile: table.creds as string | undefined,
      nkeyFile: table.nkey_file as string | undefined,
      caFile: table.ca_file as string | undefined,
      stream,
    },
  };
}

/** Returns a server as the runtime's permissions and NATS name it. */
export function serverText({ hostname, port }: NatsServer): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

function problem(member: string, text: string): { readonly problem: ConfigProblem } {
  return { problem: { member, text } };
}

function parseUrl(text: unknown): (NatsServer & { readonly isTls: boolean }) | undefined {
  if (typeof text !== "string" || !/^(?:nats|tls):\/\//.test(text)) return undefined;
  // Only of known protocols the URL parser looks at the host.
  const url = URL.parse(text.replace(/^[a-z]+:/, "http:"));
  if (url === null || url.hostname === "" || url.username !== "" || url.password !== "") return undefined;
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") return undefined;
  // The parser leaves out the port that is the default one of HTTP.
  const port = url.port === "" ? (/:80\/?$/.test(text) ? 80 : DEFAULT_PORT) : Number(url.port);
  return { hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"), port, isTls: text.startsWith("tls:") };
}

function isNear(hostname: string): boolean {
  return hostname === "localhost" || isLoopback(hostname);
}

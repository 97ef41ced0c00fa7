/**
 * One connection to NATS. It is used until it is lost: what was under way then is asked for again over the next one.
 *
 * @module
 */

import { AuthorizationError, credsAuthenticator, nkeyAuthenticator, nkeys } from "@nats-io/nats-core";
import type { Authenticator, NatsConnection } from "@nats-io/nats-core";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { errnoText } from "../../system/errno.ts";
import { writePrivateFile } from "../../system/private_files.ts";
import { type NatsConfig, type NatsServer, serverText } from "./nats_config.ts";
import { connectNats } from "./nats_transport.ts";
import { inboxPrefix } from "./subjects.ts";

/** How long to wait for a connection, in milliseconds. */
const CONNECT_MS = 5_000;
/** A server that is silent for so long, twice, is lost, in milliseconds. */
const PING_MS = 5_000;

/** NATS cannot be used; the message says why. */
export class NatsError extends ClaustrumError {}

/** Who the hub is to NATS. */
export interface NatsIdentity {
  /** Proves who it is; `undefined` if the server does not ask. */
  readonly authenticator: Authenticator | undefined;
  /** The public nkey; `undefined` without one. */
  readonly publicKey: string | undefined;
}

/**
 * Reads who the hub is to NATS. A file of an nkey that is not there is made.
 *
 * @throws {NatsError} If a file cannot be used.
 */
export async function readIdentity({ credsFile, nkeyFile }: NatsConfig): Promise<NatsIdentity> {
  if (credsFile !== undefined) {
    const creds = await readFile(credsFile);
    return { authenticator: credsAuthenticator(new TextEncoder().encode(creds)), publicKey: publicKeyOfCreds(creds) };
  }
  if (nkeyFile === undefined) return { authenticator: undefined, publicKey: undefined };
  const seed = (await readOrMakeSeed(nkeyFile)).trim();
  try {
    const bytes = new TextEncoder().encode(seed);
    return { authenticator: nkeyAuthenticator(bytes), publicKey: nkeys.fromSeed(bytes).getPublicKey() };
  } catch (error) {
    throw new NatsError(`${nkeyFile} has no seed of an nkey, which begins with SU`, { cause: error });
  }
}

/**
 * Connects.
 *
 * @throws {NatsError} If the server cannot be reached, or refuses.
 */
export async function openNats(
  { config, server, host, identity }: {
    readonly config: NatsConfig;
    readonly server: NatsServer;
    /** The name of this hub. */
    readonly host: string;
    readonly identity: NatsIdentity;
  },
): Promise<NatsConnection> {
  const { isSecure, caFile } = config;
  const address = serverText(server);
  const caCerts = caFile === undefined ? [] : [await readFile(caFile)];
  try {
    const options = {
      servers: address,
      name: `claustrum ${host}`,
      reconnect: false,
      timeout: CONNECT_MS,
      pingInterval: PING_MS,
      maxPingOut: 2,
      inboxPrefix: inboxPrefix(host),
      // The runtime lets the hub reach no others than the configured ones.
      ...{ ignoreClusterUpdates: true, resolve: false, noAsyncTraces: true },
      ...(isSecure ? { tls: {} } : {}),
      ...(identity.authenticator === undefined ? {} : { authenticator: identity.authenticator }),
    };
    return await connectNats(options, caCerts);
  } catch (error) {
    const root = rootOf(error);
    const { publicKey } = identity;
    const isRefused = root instanceof AuthorizationError && publicKey !== undefined;
    const advice = isRefused ? `: the server has to know this hub's public nkey, ${publicKey}` : "";
    throw new NatsError(`cannot connect to the NATS server ${address}: ${messageOf(root)}${advice}`, { cause: error });
  }
}

/** Returns what an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** The client library calls whatever fails a refused connection; the cause says what it was. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error;
}

async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new NatsError(`cannot read ${path}: ${errnoText(error)}`, { cause: error });
  }
}

async function readOrMakeSeed(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw new NatsError(`cannot read ${path}: ${errnoText(error)}`, { cause: error });
    }
  }
  const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
  try {
    await writePrivateFile(path, `${seed}\n`);
  } catch (error) {
    throw new NatsError(`cannot write ${path}: ${errnoText(error)}`, { cause: error });
  }
  return seed;
}

function publicKeyOfCreds(creds: string): string | undefined {
  const seed = /\bSU[A-Z2-7]{56}\b/.exec(creds)?.[0];
  return seed === undefined ? undefined : nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();
}

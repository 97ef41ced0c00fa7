/**
 * The certificate of the hub and its key.
 *
 * @module
 */

import { errnoCode, errnoText } from "../../system/errno.ts";
import { ServeError } from "../../system/serve_error.ts";
import type { TlsConfig } from "../hub_config.ts";

/** A certificate and its key as a server takes them. */
export interface TlsMaterial {
  /** The certificates, in the PEM format. */
  readonly cert: string;
  /** The key, in the PEM format. */
  readonly key: string;
}

/**
 * Reads the certificate and its key.
 *
 * @throws {ServeError} If a file cannot be read, or does not contain what it should.
 */
export async function readTlsFiles({ certFile, keyFile }: TlsConfig): Promise<TlsMaterial> {
  const cert = await readPem("tls.cert_file", certFile, "CERTIFICATE");
  const key = await readPem("tls.key_file", keyFile, "PRIVATE KEY");
  return { cert, key };
}

async function readPem(key: string, path: string, content: string): Promise<string> {
  const text = await readText(key, path);
  if (new RegExp(`^-----BEGIN (?:[A-Z]+ )?${content}-----$`, "m").test(text.replaceAll("\r", ""))) return text;
  throw new ServeError(`${key}: ${path} contains no "-----BEGIN ${content}-----": it must be in the PEM format`);
}

async function readText(key: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new ServeError(`${key}: cannot read ${path}: ${errnoText(error)}`, { cause: error });
  }
}

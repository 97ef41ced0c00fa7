/**
 * Proves to push services that messages come from this hub: VAPID, RFC 8292. A browser that subscribes tells its push
 * service the hub's public key, and the service takes messages from who has the private key alone.
 *
 * @module
 */

import { rawKey, toBase64 } from "./encrypt.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
/** How long a proof is valid, in seconds; the protocol allows 24 hours. */
const VALID_SECONDS = 12 * 60 * 60;
/** How long a proof is used again, in seconds: some services slow down who makes new ones all the time. */
const REUSE_SECONDS = VALID_SECONDS / 2;
/** For how many push services proofs are kept; real ones are few. */
const MAX_PROOFS = 64;

/** The hub's key pair. */
export interface VapidKeys {
  /** The public key, as browsers take it: a point of P-256 in base64url. */
  readonly publicKey: string;
  /** The private key, which signs. */
  readonly privateKey: CryptoKey;
}

/** Generates a private key, as a JSON web key. */
export async function generateVapidKey(): Promise<string> {
  const { privateKey } = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  return JSON.stringify(await crypto.subtle.exportKey("jwk", privateKey));
}

/**
 * Returns the key pair of a private key.
 *
 * @param jwk The private key, as a JSON web key.
 * @throws {SyntaxError | DOMException} If it is none.
 */
export async function importVapidKeys(jwk: string): Promise<VapidKeys> {
  const { kty, crv, x, y, d } = JSON.parse(jwk);
  const privateKey = await crypto.subtle.importKey("jwk", { kty, crv, x, y, d }, ALGORITHM, false, ["sign"]);
  const publicKey = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, ALGORITHM, true, ["verify"]);
  return { publicKey: toBase64(await rawKey(publicKey)), privateKey };
}

/** Makes the header `Authorization` of requests to push services. */
export class VapidProofs {
  readonly #keys: VapidKeys;
  readonly #contact: string;
  readonly #proofs = new Map<string, { readonly text: string; readonly reuseUntil: number }>();

  /**
   * @param keys The hub's keys.
   * @param contact How people at the push service reach who runs the hub: `mailto:…` or `https://…`.
   */
  constructor(keys: VapidKeys, contact: string) {
    this.#keys = keys;
    this.#contact = contact;
  }

  /**
   * Returns the header for a push service.
   *
   * @param origin The origin of the push service.
   * @param now The time, in milliseconds since the epoch.
   */
  async header(origin: string, now: number): Promise<string> {
    const seconds = Math.floor(now / 1000);
    const known = this.#proofs.get(origin);
    // The clock may have been set back, after which an old proof would be valid for too long.
    const isFresh = known !== undefined && seconds < known.reuseUntil && known.reuseUntil - seconds <= REUSE_SECONDS;
    if (isFresh) return known.text;
    const claims = { aud: origin, exp: seconds + VALID_SECONDS, sub: this.#contact };
    const text = `vapid t=${await signToken(claims, this.#keys.privateKey)}, k=${this.#keys.publicKey}`;
    if (this.#proofs.size >= MAX_PROOFS) this.#proofs.clear();
    this.#proofs.set(origin, { text, reuseUntil: seconds + REUSE_SECONDS });
    return text;
  }
}

/** Returns claims as a signed JSON web token. */
async function signToken(claims: object, key: CryptoKey): Promise<string> {
  const part = (value: object) => toBase64(new TextEncoder().encode(JSON.stringify(value)));
  const signed = `${part({ typ: "JWT", alg: "ES256" })}.${part(claims)}`;
  const signature = await crypto.subtle.sign(
    { name: ALGORITHM.name, hash: "SHA-256" },
    key,
    new TextEncoder().encode(signed),
  );
  return `${signed}.${toBase64(new Uint8Array(signature))}`;
}

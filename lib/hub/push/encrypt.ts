/**
 * Encrypts messages for a browser: RFC 8291, with the coding `aes128gcm` of RFC 8188. The push service in between cannot
 * read them.
 *
 * @module
 */

import { concat } from "../../system/io.ts";

const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;
const SALT_BYTES = 16;
/** The length of a point of the curve, which begins with 4: both coordinates follow. */
const POINT_BYTES = 65;
/** The length of the secret that a browser makes, in bytes. */
const AUTH_BYTES = 16;
/** The size of a record, in bytes; a message is one record. */
const RECORD_BYTES = 4_096;
/** The mark at the end of the last record. */
const LAST_RECORD = 2;
/** What encryption adds to a message, in bytes. */
const TAG_BYTES = 16;

/** The keys of a browser. */
export interface BrowserKeys {
  /** Its public key: a point of P-256 in base64url. */
  readonly publicKey: string;
  /** Its secret: 16 bytes in base64url. */
  readonly auth: string;
}

/** What is random in an encryption. */
export interface EncryptionOptions {
  /** The salt. @default {16 random bytes} */
  readonly salt?: Uint8Array<ArrayBuffer>;
  /** The key pair of the sender, for this message alone. @default {a new one} */
  readonly keys?: CryptoKeyPair;
}

/**
 * Encrypts a message.
 *
 * @throws {DOMException | TypeError} If the public key is no point of the curve.
 * @throws {RangeError} If the message is too long for one record.
 */
export async function encryptMessage(
  message: Uint8Array,
  browser: BrowserKeys,
  { salt = randomBytes(SALT_BYTES), keys }: EncryptionOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (message.length + 1 + TAG_BYTES > RECORD_BYTES) throw new RangeError(`${message.length} bytes are too many`);
  const { privateKey, publicKey } = keys ?? await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const [receiver, sender] = [fromBase64(browser.publicKey), await rawKey(publicKey)];
  const receiverKey = await crypto.subtle.importKey("raw", receiver, CURVE, false, []);
  const shared = await crypto.subtle.deriveBits({ name: CURVE.name, public: receiverKey }, privateKey, 256);
  const info = concat([utf8("WebPush: info\0"), receiver, sender]);
  const secret = await derive(new Uint8Array(shared), fromBase64(browser.auth), info, 32);
  const key = await derive(secret, salt, utf8("Content-Encoding: aes128gcm\0"), 16);
  const nonce = await derive(secret, salt, utf8("Content-Encoding: nonce\0"), 12);
  const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const record = concat([message, Uint8Array.of(LAST_RECORD)]);
  const encrypted = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, aes, record);
  return concat([salt, bigEndian(RECORD_BYTES), Uint8Array.of(sender.length), sender, new Uint8Array(encrypted)]);
}

/** Returns what is wrong with the keys of a browser, in words that follow their name; `undefined` if nothing is. */
export async function browserKeysProblem({ publicKey, auth }: BrowserKeys): Promise<string | undefined> {
  const [point, secret] = [tryFromBase64(publicKey), tryFromBase64(auth)];
  if (secret?.length !== AUTH_BYTES) return `"keys.auth" must be ${AUTH_BYTES} bytes in base64url`;
  const problem = '"keys.p256dh" must be a point of the curve P-256, in base64url';
  if (point?.length !== POINT_BYTES) return problem;
  try {
    // Only the use of a key shows whether its point is on the curve.
    await encryptMessage(new Uint8Array(), { publicKey, auth });
    return undefined;
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError) return problem;
    throw error;
  }
}

/** Returns a public key as bytes. */
export async function rawKey(key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", key));
}

/** Returns bytes in base64url, without padding. */
export function toBase64(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Returns the bytes of a text in base64url. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

function tryFromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return fromBase64(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function derive(
  secret: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, bytes * 8));
}

function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count));
}

function bigEndian(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

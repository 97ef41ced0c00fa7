/** What a message or a token contains. */
// deno-lint-ignore no-explicit-any
export type Json = any;

/** A browser that has subscribed at a push service. */
export interface PushBrowser {
  /** What it tells the hub. */
  readonly subscription: {
    readonly endpoint: string;
    readonly keys: { readonly p256dh: string; readonly auth: string };
  };
  /** Reads a message. */
  decrypt(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Returns the bytes of a text in base64url. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

function encode(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Makes a browser with keys of its own. */
export async function pushBrowser(endpoint: string): Promise<PushBrowser> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  const auth = crypto.getRandomValues(new Uint8Array(16));
  return {
    subscription: { endpoint, keys: { p256dh: encode(point), auth: encode(auth) } },
    decrypt: (body) => decrypt(body, { privateKey, point, auth }),
  };
}

/** Decrypts a message of one record, as RFC 8291 says. */
export async function decrypt(
  body: Uint8Array<ArrayBuffer>,
  { privateKey, point, auth }: {
    readonly privateKey: CryptoKey;
    readonly point: Uint8Array<ArrayBuffer>;
    readonly auth: Uint8Array<ArrayBuffer>;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const [salt, length] = [body.slice(0, 16), body[20]!];
  const sender = body.slice(21, 21 + length);
  const senderKey = await crypto.subtle.importKey("raw", sender, CURVE, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: senderKey }, privateKey, 256);
  const info = Uint8Array.from([...utf8("WebPush: info\0"), ...point, ...sender]);
  const secret = await derive(shared, auth, info, 32);
  const key = await derive(secret, salt, utf8("Content-Encoding: aes128gcm\0"), 16);
  const iv = await derive(secret, salt, utf8("Content-Encoding: nonce\0"), 12);
  const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  const record = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, aes, body.slice(21 + length)));
  const end = record.findLastIndex((byte) => byte !== 0);
  if (record[end] !== 2) throw new Error("the message does not end with its last record");
  return record.slice(0, end);
}

async function derive(
  secret: ArrayBuffer,
  salt: BufferSource,
  info: BufferSource,
  bytes: number,
): Promise<ArrayBuffer> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, bytes * 8);
}

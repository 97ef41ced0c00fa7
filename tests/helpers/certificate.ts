/** A certificate for this machine that signs itself, and its key, both in the PEM format. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate for `localhost`, `127.0.0.1` and other names, valid from yesterday for ten days. */
export async function certificate(...names: readonly string[]): Promise<Certificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(1),
    ECDSA_WITH_SHA256,
    NAME,
    sequence(time(-1), time(9)),
    NAME,
    new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)),
    tagged(0xa3, sequence(subjectNames(names))),
  );
  const signature = new Uint8Array(
    await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, body),
  );
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  const signed = sequence(body, ECDSA_WITH_SHA256, bitString(sequence(unsigned(r), unsigned(s))));
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  return { cert: pem("CERTIFICATE", signed), key: pem("PRIVATE KEY", key) };
}

type Bytes = Uint8Array<ArrayBuffer>;

/** A value as the rules of ASN.1 DER write it: a tag, a length and the content. */
function tagged(tag: number, ...parts: readonly Bytes[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...size, ...parts.flatMap((part) => [...part])]);
}

function sequence(...parts: readonly Bytes[]): Bytes {
  return tagged(0x30, ...parts);
}

function integer(value: number): Bytes {
  return tagged(0x02, Uint8Array.of(value));
}

/** A number from bytes, which is positive whatever its first bit. */
function unsigned(bytes: Bytes): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  const rest = bytes.subarray(first);
  return tagged(0x02, rest[0]! >= 0x80 ? Uint8Array.of(0, ...rest) : rest);
}

function bitString(content: Bytes): Bytes {
  return tagged(0x03, Uint8Array.of(0), content);
}

function text(tag: number, value: string): Bytes {
  return tagged(tag, new TextEncoder().encode(value));
}

/** A time of the form `261121000000Z`, some days from now. */
function time(days: number): Bytes {
  const at = new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]/g, "");
  return text(0x17, `${at.slice(2, 14)}Z`);
}

function subjectNames(more: readonly string[]): Bytes {
  const hosts = ["localhost", ...more].map((name) => text(0x82, name));
  const names = sequence(...hosts, tagged(0x87, Uint8Array.of(127, 0, 0, 1)));
  return sequence(Uint8Array.of(0x06, 3, 0x55, 0x1d, 0x11), tagged(0x04, names));
}

function pem(kind: string, bytes: Bytes): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${kind}-----\n${lines.join("\n")}\n-----END ${kind}-----\n`;
}

const ECDSA_WITH_SHA256 = sequence(Uint8Array.of(0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const NAME = sequence(
  tagged(0x31, sequence(Uint8Array.of(0x06, 3, 0x55, 0x04, 0x03), text(0x0c, "localhost"))),
);

import { gzipSync } from "node:zlib";
import { concat } from "../../lib/system/io.ts";

/** One entry of an archive; absent fields have their defaults. */
export interface TarInput {
  readonly name: string;
  readonly type?: string;
  readonly body?: string | Uint8Array;
  readonly link?: string;
  /** The size in the header. @default {the size of the body} */
  readonly size?: number;
  readonly magic?: string;
  /** The permissions, in octal digits. @default {"644"} */
  readonly mode?: string;
}

const ENCODER = new TextEncoder();

/** Returns the blocks of one entry: the header and the padded body. */
export function tarEntry(
  { name, type = "0", body = "", link = "", size, magic = "ustar\x0000", mode = "644" }: TarInput,
): Uint8Array {
  const bytes = typeof body === "string" ? ENCODER.encode(body) : body;
  const header = new Uint8Array(512);
  const put = (at: number, text: string) => header.set(ENCODER.encode(text), at);
  put(0, name);
  put(100, `${mode.padStart(7, "0")}\0`);
  put(124, (size ?? bytes.length).toString(8).padStart(11, "0") + "\0");
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, type);
  put(157, link);
  put(257, magic);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, sum.toString(8).padStart(6, "0") + "\0 ");
  const padded = new Uint8Array(Math.ceil(bytes.length / 512) * 512);
  padded.set(bytes);
  return concat([header, padded]);
}

/** Returns a pax header for the next entry. */
export function paxHeader(records: Record<string, string>, type = "x"): Uint8Array {
  const body = Object.entries(records).map(([key, value]) => {
    const rest = ENCODER.encode(` ${key}=${value}\n`).length;
    let length = rest + String(rest).length;
    if (rest + String(length).length > length) length++;
    return `${length} ${key}=${value}\n`;
  }).join("");
  return tarEntry({ name: "pax", type, body });
}

/** Returns a whole archive, including the closing blocks. */
export function tarArchive(entries: readonly (TarInput | Uint8Array)[]): Uint8Array {
  const blocks = entries.map((entry) => entry instanceof Uint8Array ? entry : tarEntry(entry));
  return concat([...blocks, new Uint8Array(1024)]);
}

/** Compresses bytes with gzip. */
export function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytes));
}

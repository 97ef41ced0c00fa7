/**
 * Images of prompts and of tools: which ones are drawn. Only data that came with the event is, and only of kinds that
 * cannot contain anything but pixels.
 *
 * @module
 */

import { toObject, toText } from "./fields.ts";

/** An image that can be drawn. */
export interface ShownImage {
  /** Its data as an address. */
  readonly source: string;
  readonly width: number;
  readonly height: number;
}

/** The kinds that are drawn. */
const KINDS: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
/** The largest image that is drawn: of more data, in characters, or more pixels, the browser would need too much memory. */
const MAX = { characters: 12 << 20, pixels: 40_000_000 };
/** How much of an image is looked at for its size, in bytes. */
const HEAD_BYTES = 64 << 10;

/** Returns the image of a content block; `undefined` if it is none that is drawn. */
export function imageOf(block: unknown): ShownImage | undefined {
  const source = toObject(toObject(block)["source"]);
  const [kind, data] = [toText(source["media_type"]), toText(source["data"])];
  if (source["type"] !== "base64" || !KINDS.has(kind) || data.length > MAX.characters) return undefined;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return undefined;
  const size = sizeOf(headOf(data));
  if (size === undefined || size.width * size.height > MAX.pixels) return undefined;
  return { source: `data:${kind};base64,${data}`, ...size };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function headOf(data: string): DataView {
  const characters = data.slice(0, Math.ceil(HEAD_BYTES / 3) * 4);
  const text = atob(characters.slice(0, characters.length - characters.length % 4));
  return new DataView(Uint8Array.from(text, (character) => character.charCodeAt(0)).buffer);
}

/** Returns the size that an image of one of the kinds says it has. */
export function sizeOf(head: DataView): Size | undefined {
  const has = (at: number, text: string) =>
    head.byteLength >= at + text.length && [...text].every((each, i) => head.getUint8(at + i) === each.charCodeAt(0));
  if (has(1, "PNG") && head.byteLength >= 24) return { width: head.getUint32(16), height: head.getUint32(20) };
  if (has(0, "GIF8") && head.byteLength >= 10) {
    return { width: head.getUint16(6, true), height: head.getUint16(8, true) };
  }
  if (has(0, "RIFF") && has(8, "WEBP") && head.byteLength >= 30) return webpSize(head, has);
  if (head.byteLength > 4 && head.getUint16(0) === 0xffd8) return jpegSize(head);
  return undefined;
}

function webpSize(head: DataView, has: (at: number, text: string) => boolean): Size | undefined {
  if (has(12, "VP8X")) {
    const read = (at: number) => (head.getUint16(at, true) | head.getUint8(at + 2) << 16) + 1;
    return { width: read(24), height: read(27) };
  }
  if (has(12, "VP8L")) {
    const bits = head.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: (bits >>> 14 & 0x3fff) + 1 };
  }
  return { width: head.getUint16(26, true) & 0x3fff, height: head.getUint16(28, true) & 0x3fff };
}

/** Goes from segment to segment up to the one that has the size. */
function jpegSize(head: DataView): Size | undefined {
  for (let at = 2; at + 9 < head.byteLength;) {
    if (head.getUint8(at) !== 0xff) return undefined;
    const kind = head.getUint8(at + 1);
    const isFrame = kind >= 0xc0 && kind <= 0xcf && kind !== 0xc4 && kind !== 0xc8 && kind !== 0xcc;
    if (isFrame) return { width: head.getUint16(at + 7), height: head.getUint16(at + 5) };
    at += kind === 0xff ? 1 : 2 + head.getUint16(at + 2);
  }
  return undefined;
}

/** Returns how large the data of an image block is, in bytes, for where it is not drawn. */
export function imageBytes(block: unknown): number {
  const data = toText(toObject(toObject(block)["source"])["data"]);
  return Math.floor(data.length * 3 / 4);
}

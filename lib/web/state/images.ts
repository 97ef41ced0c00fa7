/**
 * Images that go with a prompt.
 *
 * @module
 */

import type { ContentBlock } from "../../sessions/types.ts";

/** The types that agents read. */
const TYPES: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
/** The largest image, in bytes; in base64 it is a third larger. */
const MAX_BYTES = 3_500_000;
/** The largest images together, in bytes: with the text they fit into one request. */
const MAX_TOTAL_BYTES = 5_000_000;

/** An image that goes with a prompt. */
export interface AttachedImage {
  /** Unique. */
  readonly id: string;
  /** The name of its file. */
  readonly name: string;
  /** Its content type. */
  readonly type: string;
  /** Its size, in bytes. */
  readonly bytes: number;
  /** Its content, in base64. */
  readonly data: string;
}

/**
 * Reads the images among files.
 *
 * @throws {RangeError} If one is too large, or all together are; the message says so.
 */
export async function readImages(files: readonly File[], present: readonly AttachedImage[]): Promise<AttachedImage[]> {
  const images = files.filter(({ type }) => TYPES.has(type));
  for (const { name, size } of images) {
    if (size > MAX_BYTES) throw new RangeError(`${name} is too large: an image may have 3.5 MB.`);
  }
  const total = [...present.map(({ bytes }) => bytes), ...images.map(({ size }) => size)].reduce((a, b) => a + b, 0);
  if (total > MAX_TOTAL_BYTES) throw new RangeError("The images are too large together: they may have 5 MB.");
  return await Promise.all(images.map(async (file) => ({
    id: crypto.randomUUID?.() ?? String(Math.random()),
    name: file.name,
    type: file.type,
    bytes: file.size,
    data: await base64Of(file),
  })));
}

/** Returns a prompt of a text and images. */
export function promptOf(text: string, images: readonly AttachedImage[]): string | ContentBlock[] {
  if (images.length === 0) return text;
  const blocks: ContentBlock[] = images.map(({ type, data }) => ({
    type: "image",
    source: { type: "base64", media_type: type, data },
  }));
  return text === "" ? blocks : [...blocks, { type: "text", text }];
}

function base64Of(file: File): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const reader = new FileReader();
  reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(file);
  return promise;
}

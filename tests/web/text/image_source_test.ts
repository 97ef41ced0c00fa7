import { assertEquals } from "@std/assert";
import { imageOf } from "../../../lib/web/text/image_source.ts";

function block(media_type: string, bytes: readonly number[]): unknown {
  return { type: "image", source: { type: "base64", media_type, data: Uint8Array.from(bytes).toBase64() } };
}

const chars = (text: string) => [...text].map((each) => each.charCodeAt(0));

/** The beginning of a PNG of some size. */
function png(width: number, height: number): number[] {
  const head = new Uint8Array(24);
  head.set([0x89, ...chars("PNG"), 13, 10, 26, 10, 0, 0, 0, 13, ...chars("IHDR")]);
  new DataView(head.buffer).setUint32(16, width);
  new DataView(head.buffer).setUint32(20, height);
  return [...head];
}

function sizeOf(media_type: string, bytes: readonly number[]): [number, number] | undefined {
  const image = imageOf(block(media_type, bytes));
  return image && [image.width, image.height];
}

Deno.test("imageOf() knows the size of each kind of image", () => {
  assertEquals(sizeOf("image/png", png(300, 200)), [300, 200]);
  assertEquals(sizeOf("image/gif", [...chars("GIF89a"), 0x2c, 1, 200, 0, 0]), [300, 200]);
  const jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 11, 8, 0, 200, 1, 0x2c, 3, 0, 0, 0];
  assertEquals(sizeOf("image/jpeg", jpeg), [300, 200]);
  const webp = [...chars("RIFF"), 0, 0, 0, 0, ...chars("WEBPVP8X"), 10, 0, 0, 0, 0, 0, 0, 0, 0x2b, 1, 0, 199, 0, 0];
  assertEquals(sizeOf("image/webp", webp), [300, 200]);
});

Deno.test("imageOf() draws no image that would need too much memory", () => {
  assertEquals(imageOf(block("image/png", png(30_000, 30_000))), undefined);
});

Deno.test("imageOf() draws nothing that is no image of a known kind, and loads nothing", () => {
  assertEquals(imageOf(block("image/svg+xml", chars("<svg onload=alert(1)>"))), undefined);
  assertEquals(imageOf(block("text/html", chars("<script>"))), undefined);
  assertEquals(imageOf(block("image/png", chars("<script>alert(1)</script>"))), undefined);
  assertEquals(imageOf({ type: "image", source: { type: "url", url: "https://example.com/a.png" } }), undefined);
  const data = 'AAAA" onerror="alert(1)';
  assertEquals(imageOf({ type: "image", source: { type: "base64", media_type: "image/png", data } }), undefined);
  for (const wrong of [null, 7, "x", {}, { source: null }, { source: { type: "base64" } }]) {
    assertEquals(imageOf(wrong), undefined);
  }
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { concatRaw, encodeText, maxTextSize, rawText, TextBytes } from "../../lib/rpc/raw_text.ts";
import { encodeJson } from "../../lib/rpc/json_encode.ts";
import { decodeUtf8 } from "../../lib/system/utf8.ts";

const ENCODER = new TextEncoder();
/** A character that no text below contains. */
const MARK = "\u{f8ff}";

/** Encodes as the contract requires, in the simplest way. */
function expected(bytes: Uint8Array): string {
  return encodeJson(decodeUtf8(bytes, MARK)).replaceAll(MARK, "\\ufffd");
}

/** Encodes in pieces of a given size. */
function inPieces(bytes: Uint8Array, size: number): string {
  const target = new Uint8Array(maxTextSize(size));
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  for (let from = 0; from < bytes.length;) {
    const { next, written } = encodeText(bytes, { from, to: Math.min(from + size, bytes.length) }, target);
    assert(next > from && written <= target.length);
    text += decoder.decode(target.subarray(0, written));
    from = next;
  }
  return `"${text}"`;
}

/** Bytes that are likely to form valid and broken characters. */
const anyBytes = fc.array(
  fc.oneof(
    fc.constantFrom(0, 8, 9, 0x0a, 0x1f, 0x22, 0x26, 0x3c, 0x5c, 0x61, 0x7f, 0x80, 0xa8, 0xa9, 0xbf, 0xc0, 0xc3, 0xe0),
    fc.constantFrom(0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff),
    fc.integer({ min: 0, max: 255 }),
  ).map((byte) => [byte]),
  { maxLength: 40 },
).chain((single) =>
  fc.array(fc.constantFrom("é", "\u2028", "\u2029", "\ufffd", "\ufeff", "😀", "漢", "<&>"), { maxLength: 10 }).map((
    texts,
  ) => Uint8Array.from([...single, ...texts.map((text) => [...ENCODER.encode(text)])].flat()))
);

Deno.test("encodeText() encodes as the contract requires, however the bytes are split", () => {
  fc.assert(
    fc.property(anyBytes, fc.integer({ min: 1, max: 50 }), (bytes, size) => {
      assertEquals(inPieces(bytes, size), expected(bytes));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("encodeText() escapes each bad byte and keeps a literal U+FFFD", () => {
  const bytes = Uint8Array.of(0xed, 0xa0, 0x80, 0x61, 0xf0, 0x9f, 0x98, 0xef, 0xbf, 0xbd, 0xe2);
  assertEquals(inPieces(bytes, 100), '"\\ufffd\\ufffd\\ufffda\\ufffd\\ufffd\\ufffd\ufffd\\ufffd"');
});

Deno.test("rawText() and TextBytes encode to the same text", () => {
  fc.assert(fc.property(anyBytes, (bytes) => {
    assertEquals(encodeJson({ text: rawText(bytes) }), `{"text":${expected(bytes)}}`);
    assertEquals(encodeJson({ text: new TextBytes(bytes) }), `{"text":${expected(bytes)}}`);
    assertEquals(encodeJson(concatRaw("<é", rawText(bytes))), `"\\u003cé${expected(bytes).slice(1)}`);
  }));
});

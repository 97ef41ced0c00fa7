import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeJson } from "../../lib/rpc/json_encode.ts";
import { jsonPieces } from "../../lib/rpc/json_pieces.ts";
import { rawText, TextBytes } from "../../lib/rpc/raw_text.ts";

/** The most bytes in a piece: its content with each byte escaped, and the text around it. */
const MAX_PIECE_BYTES = 7 * (32 << 10);

/** Joins the pieces; each is copied before the next is requested. */
function joined(pieces: Iterable<Uint8Array>): { text: string; count: number } {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let count = 0;
  for (const piece of pieces) {
    assert(piece.length <= MAX_PIECE_BYTES, `a piece of ${piece.length} bytes`);
    text += decoder.decode(piece);
    count++;
  }
  return { text, count };
}

const leaf = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new TextBytes(bytes)),
  fc.uint8Array({ maxLength: 20 }).map(rawText),
);
const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("value")),
    fc.dictionary(fc.string(), fc.oneof(tie("value"), fc.constant(undefined)), { noNullPrototype: true }),
  ),
})).value;

Deno.test("jsonPieces() yields the same text as encodeJson()", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      assertEquals(joined(jsonPieces(value)).text, encodeJson(value));
      assertEquals(
        joined(jsonPieces(value, { head: "<head>", tail: "tail\n" })).text,
        `<head>${encodeJson(value)}tail\n`,
      );
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("jsonPieces() yields a small value in one piece", () => {
  assertEquals(joined(jsonPieces({ a: [1, { b: "<" }], c: "é" }, { head: "x", tail: "y" })), {
    text: 'x{"a":[1,{"b":"\\u003c"}],"c":"é"}y',
    count: 1,
  });
});

for (
  const [what, value, pieces] of [
    ["bytes that are no text", new TextBytes(new Uint8Array(4 << 20).fill(0xff)), 128],
    ["bytes that are text", new TextBytes(new TextEncoder().encode("漢字".repeat(300_000))), 55],
    ["a string", "<\u{1f600}>".repeat(300_000), 36],
    ["many items", Array.from({ length: 100_000 }, (_, i) => ({ name: `entry ${i}`, isDir: false })), 70],
    ["items that are large themselves", ["a".repeat(1 << 20), ["b".repeat(1 << 20)], "c"], 64],
    ["large texts among small items", Array(50).fill([1, new TextBytes(new Uint8Array(100_000)), "<"]), 150],
  ] as const
) {
  Deno.test(`jsonPieces() splits ${what} into pieces of limited size`, () => {
    const { text, count } = joined(jsonPieces({ value }));
    assert(count >= pieces, `${count} pieces`);
    assert(text === encodeJson({ value }), "it is the same text");
  });
}

Deno.test("jsonPieces() writes an iterable as an array and requests its items as they are written", () => {
  let asked = 0;
  function* items() {
    for (let i = 0; i < 100_000; i++) {
      asked++;
      yield { i };
    }
  }
  const pieces = jsonPieces({ items: items() });
  pieces.next();
  const first = asked;
  assert(first > 0 && first < 20_000, `${first} items for the first piece`);
  joined(pieces);
  assertEquals(asked, 100_000);
  assertEquals(joined(jsonPieces({ none: new Set(), one: new Set(["<"]) })).text, '{"none":[],"one":["\\u003c"]}');
});

import { assertEquals, assertThrows } from "@std/assert";
import { parseDocument } from "../../lib/rpc/json_document.ts";
import { compareUtf8, encodeId, encodeJson } from "../../lib/rpc/json_encode.ts";

Deno.test("encodeJson() keeps the order of fields and omits undefined ones", () => {
  assertEquals(encodeJson({ b: 1, a: undefined, c: [true, null] }), '{"b":1,"c":[true,null]}');
});

Deno.test("encodeJson() escapes values and keys as the contract requires", () => {
  assertEquals(encodeJson({ "<": "a>&\u2028\u2029" }), '{"\\u003c":"a\\u003e\\u0026\\u2028\\u2029"}');
  assertEquals(
    encodeJson('\0\b\t\n\v\f\r\x1f"\\/\x7fé\ufffd'),
    '"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\"\\\\/\x7fé\ufffd"',
  );
});

Deno.test("encodeId() encodes ids as the contract requires", () => {
  const echo = (text: string) => encodeId(parseDocument(text));
  assertEquals(echo("-0"), "-0");
  assertEquals(echo("1e-400"), "0");
  assertEquals(echo("-1e-400"), "-0");
  assertEquals(echo('{"b":[1.50,{"d":null,"c":-0.0}],"a":"<","b":2}'), '{"a":"\\u003c","b":2}');
  assertThrows(() => echo('{"a":[-1e400]}'), RangeError);
});

Deno.test("compareUtf8() orders by UTF-8 bytes when the order of UTF-16 units differs", () => {
  const words = ["\u{1f600}", "\uffff", "\ue000", "b", "ab", "a", ""];
  assertEquals(words.toSorted(compareUtf8), ["", "a", "ab", "b", "\ue000", "\uffff", "\u{1f600}"]);
});

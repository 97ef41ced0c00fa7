import { assertEquals } from "@std/assert";
import { asJsonObject, isJsonObject, parseJsonLine, tryParseJson } from "../../lib/system/json_object.ts";

Deno.test("isJsonObject() and asJsonObject() take objects alone", () => {
  for (const value of [null, undefined, [], "x", 1, true]) {
    assertEquals([isJsonObject(value), asJsonObject(value)], [false, undefined]);
  }
  const object = { a: 1 };
  assertEquals([isJsonObject(object), asJsonObject(object)], [true, object]);
});

Deno.test("parseJsonLine() returns nothing for what is no object, no JSON, or nested too deeply", () => {
  for (const line of ["", "{", "[]", "null", "[".repeat(5_000_000)]) assertEquals(parseJsonLine(line), undefined);
  assertEquals(parseJsonLine('{"a":[1]}'), { a: [1] });
});

Deno.test("tryParseJson() returns nothing for what is no JSON", () => {
  assertEquals([tryParseJson("{"), tryParseJson("null"), tryParseJson("[1]")], [undefined, null, [1]]);
});

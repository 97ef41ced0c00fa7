import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { NoObjectError, setInJson } from "../../lib/claude_home/json_edit.ts";

Deno.test("setInJson() changes the value and not a byte beside it", () => {
  const text = ' {\r\n\t"a": 1.50e+3 ,"b":{"c"  :[1, {"x":"}\\"]"}],\n"big":12345678901234567890} }\n';
  assertEquals(setInJson(text, ["b", "c"], true), text.replace('[1, {"x":"}\\"]"}]', "true"));
  assertEquals(setInJson(text, ["a"], null), text.replace("1.50e+3", "null"));
  assertEquals(setInJson(text, ["b", "big"], "é"), text.replace("12345678901234567890", '"é"'));
});

Deno.test("setInJson() adds what is missing on the way", () => {
  assertEquals(setInJson("{}", ["a", "b"], true), '{"a":{"b":true}}');
  assertEquals(setInJson("{ }\n", ["a"], 1), '{"a":1 }\n');
  assertEquals(setInJson('{\n  "a": 1\n}', ["b", "c"], 2), '{\n  "a": 1,\n  "b":{"c":2}\n}');
  assertEquals(setInJson('{"a":{"x":1}}', ["a", "b"], 2), '{"a":{"x":1,"b":2}}');
});

Deno.test("setInJson() tells keys apart however they are written", () => {
  assertEquals(setInJson('{"\\u0061":1,"A":2}', ["a"], 3), '{"\\u0061":3,"A":2}');
  assertEquals(setInJson('{"a":1,"a":2}', ["a"], 3), '{"a":1,"a":3}');
  assertEquals(setInJson('{"__proto__":{"a":1}}', ["__proto__", "a"], 3), '{"__proto__":{"a":3}}');
  assertEquals(setInJson("{}", ["__proto__"], 3), '{"__proto__":3}');
  assertEquals(setInJson("{}", ['"\\\n'], 3), '{"\\"\\\\\\n":3}');
});

Deno.test("setInJson() refuses to replace something else by an object", () => {
  assertThrows(() => setInJson("[]", ["a"], 1), NoObjectError, "it is no object");
  assertThrows(() => setInJson('{"a":{"b":[]}}', ["a", "b", "c"], 1), NoObjectError, '"a"."b" is no object');
  assertThrows(() => setInJson('{"a":null}', ["a", "b"], 1), NoObjectError);
});

Deno.test("setInJson() takes values of any depth", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  assertEquals(setInJson(`{"x":${deep},"a":0}`, ["a"], 1), `{"x":${deep},"a":1}`);
});

Deno.test("setInJson() does what an assignment does", () => {
  // No key ends in a backslash: V8 15.0 takes the key `"` for `\`, once it has parsed an object with that one.
  const key = fc.constantFrom("a", "b", "__proto", "é", '"', "\\a");
  const value = fc.jsonValue({ maxDepth: 2 });
  const json = fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value, { noNullPrototype: true })), {
    noNullPrototype: true,
  });
  fc.assert(fc.property(json, key, key, value, fc.constantFrom(0, 2, "\t"), (before, first, second, set, indent) => {
    const inner = Object.hasOwn(before, first) ? before[first] : {};
    fc.pre(typeof inner === "object" && inner !== null && !Array.isArray(inner));
    const text = JSON.stringify(before, null, indent);
    const expected = JSON.parse(JSON.stringify({ ...before, [first]: { ...inner, [second]: set } }));
    assertEquals(JSON.parse(setInJson(text, [first, second], set)), expected);
  }));
});

import { assertEquals, assertThrows } from "@std/assert";
import { parseDocument } from "../../lib/rpc/json_document.ts";
import { structDecoder } from "../../lib/rpc/struct.ts";

const decode = structDecoder(
  {
    name: "string",
    flag: "boolean",
    maybe: "boolean?",
    count: "uint64",
    offset: "uint64?",
    delta: "int64",
    list: "string[]",
    map: "string{}",
    kelvin: "string",
  } as const,
);
const ZERO = {
  name: "",
  flag: false,
  maybe: undefined,
  count: 0,
  offset: undefined,
  delta: 0,
  list: [],
  map: Object.create(null),
  kelvin: "",
};

function decoded(text: string): unknown {
  return decode(parseDocument(text));
}

const CASES: readonly (readonly [text: string, expected: Record<string, unknown>])[] = [
  ["null", {}],
  ["{}", {}],
  ['{"name":"a","NAME":"b"}', { name: "b" }],
  ['{"name":"a","name":null}', { name: "a" }],
  ['{"flag":true,"flag":null,"count":3,"count":null,"delta":-3,"delta":null}', { flag: true, count: 3, delta: -3 }],
  ['{"maybe":true,"maybe":null,"offset":1,"offset":null}', {}],
  ['{"maybe":false,"offset":0}', { maybe: false, offset: 0 }],
  ['{"list":["a"],"list":["b",null]}', { list: ["b", ""] }],
  ['{"list":["a"],"list":null}', {}],
  ['{"map":{"a":"1","A":"2"},"map":{"a":null}}', { map: { a: "", A: "2" } }],
  ['{"map":{"a":"1"},"map":null}', {}],
  ['{"map":{"__proto__":"p","constructor":"c"}}', { map: { ["__proto__"]: "p", constructor: "c" } }],
  ['{"\\u212aelvin":"k"}', { kelvin: "k" }],
  ['{"li\\u017ft":["s"]}', { list: ["s"] }],
  ['{"unknown":1e999,"__proto__":{"name":"x"},"toString":5}', {}],
  ['{"delta":-0}', {}],
  ['{"delta":-9223372036854775808}', { delta: -(2 ** 63) }],
  ['{"count":18446744073709551615}', { count: 2 ** 64 }],
  ['{"count":9007199254740991}', { count: Number.MAX_SAFE_INTEGER }],
];

for (const [text, expected] of CASES) {
  Deno.test(`structDecoder() decodes ${text}`, () => {
    const { map, ...rest } = decoded(text) as Record<string, unknown>;
    const { map: expectedMap, ...expectedRest } = { ...ZERO, ...expected };
    assertEquals(rest, expectedRest);
    assertEquals(Object.entries(map as object), Object.entries(expectedMap as object));
  });
}

const REFUSED = [
  "[]",
  '"x"',
  "1",
  '{"name":1}',
  '{"name":"a","name":{}}',
  '{"name":[],"name":"a"}',
  '{"flag":"true"}',
  '{"flag":1}',
  '{"count":-1}',
  '{"count":-0}',
  '{"count":1.0}',
  '{"count":1e2}',
  '{"count":"1"}',
  '{"count":18446744073709551616}',
  '{"count":100000000000000000000000000000000000000000}',
  '{"delta":9223372036854775808}',
  '{"delta":-9223372036854775809}',
  '{"list":"a"}',
  '{"list":[1]}',
  '{"list":[["a"]]}',
  '{"map":[]}',
  '{"map":{"a":1}}',
  '{"map":{"a":{}}}',
];

for (const text of REFUSED) {
  Deno.test(`structDecoder() refuses ${text}`, () => {
    assertThrows(() => decoded(text), TypeError);
  });
}

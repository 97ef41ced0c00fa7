import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeEnvelope, decodeExactEnvelope, type Envelope, isPlainText } from "../../lib/rpc/envelope.ts";
import { pick, seededRandom } from "../helpers/random.ts";

/** Returns the envelope, or that there is none. */
function outcome(decode: () => Envelope): unknown {
  try {
    return decode();
  } catch (error) {
    assert(error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError);
    return "parse error";
  }
}

const PIECES = [
  ...'{}[],:"" 0123456789.-+eE',
  '"id":',
  '"method":"server.ping"',
  '"jsonrpc":"2.0"',
  '"auth":"secret"',
  '"params":{}',
  '"params":{"id":"x","fromSeq":4.0}',
  '"ID":1',
  "null",
  "true",
  "false",
  "tru",
  "-0",
  "1e400",
  '""',
];

Deno.test("decodeEnvelope() returns the same for plain lines as decodeExactEnvelope()", () => {
  const random = seededRandom(20261121);
  const base = '{"jsonrpc":"2.0","id":17,"method":"process.kill","params":{"id":"a","signal":"KILL"},"auth":"secret"}';
  let plainRuns = 0;
  for (let run = 0; run < 30_000; run++) {
    let line = base;
    for (let mutations = Math.ceil(random() * 3); mutations > 0; mutations--) {
      const from = Math.floor(random() * line.length);
      const to = from + Math.floor(random() ** 3 * 12);
      line = line.slice(0, from) + (random() < 0.3 ? "" : pick(random, PIECES)) + line.slice(to);
    }
    const isPlain = isPlainText(line);
    if (isPlain) plainRuns++;
    assertEquals(outcome(() => decodeEnvelope(line, isPlain)), outcome(() => decodeExactEnvelope(line)), line);
  }
  assert(plainRuns > 20_000);
});

Deno.test("decodeExactEnvelope() accepts exactly the JSON that JSON.parse() accepts", () => {
  const random = seededRandom(7);
  for (let run = 0; run < 30_000; run++) {
    let text = "";
    for (let pieces = Math.ceil(random() * 12); pieces > 0; pieces--) text += pick(random, PIECES);
    const line = `{"x":${text}}`;
    let isJson = true;
    try {
      JSON.parse(line);
    } catch {
      isJson = false;
    }
    // In addition to the syntax, the types of known fields and the range of numbers are checked.
    if (/"(id|ID|method|jsonrpc|auth)"/.test(line)) continue;
    assertEquals(outcome(() => decodeExactEnvelope(line)) !== "parse error", isJson, line);
  }
});

Deno.test("decodeEnvelope() accepts the deepest allowed nesting and refuses one level more", () => {
  const nested = (depth: number) => `{"id":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  assertEquals(decodeEnvelope(nested(9_999), true).id, "[".repeat(9_999) + "]".repeat(9_999));
  assertThrows(() => decodeEnvelope(nested(10_000), true), SyntaxError);
  assertThrows(() => decodeEnvelope(nested(500_000), true), SyntaxError);
});

Deno.test("decodeEnvelope() accepts an id with half a million elements", () => {
  const id = `[${"1,".repeat(500_000)}1]`;
  assertEquals(decodeEnvelope(`{"id":${id}}`, true).id, id);
});

import { assertEquals, assertThrows } from "@std/assert";
import { type Line, LineFramer, LineTooLongError, MAX_LINE_BYTES } from "../../lib/rpc/framing.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function texts(lines: Iterable<Line>): string[] {
  return [...lines].map((line) => line.text);
}

function feed(framer: LineFramer, chunks: readonly Uint8Array[]): string[] {
  return [...chunks.flatMap((chunk) => texts(framer.push(chunk))), ...texts(framer.end())];
}

/** Bytes with all relevant features: multi-byte characters, both line ends, blank lines, a last line without an end. */
const SAMPLE = encode('{"a":"é😀"}\n\r\n\n{"b":1}\r\nx\ry\n\ufffd\ntail');
const SAMPLE_LINES = ['{"a":"é😀"}', '{"b":1}', "x\ry", "\ufffd", "tail"];

Deno.test("LineFramer yields the same lines however the bytes are split in two", () => {
  for (let cut = 0; cut <= SAMPLE.length; cut++) {
    assertEquals(feed(new LineFramer(), [SAMPLE.slice(0, cut), SAMPLE.slice(cut)]), SAMPLE_LINES, `cut at ${cut}`);
  }
});

Deno.test("LineFramer yields the same lines however the bytes are split in three", () => {
  for (let first = 0; first <= SAMPLE.length; first++) {
    for (let second = first; second <= SAMPLE.length; second++) {
      const chunks = [SAMPLE.slice(0, first), SAMPLE.slice(first, second), SAMPLE.slice(second)];
      assertEquals(feed(new LineFramer(), chunks), SAMPLE_LINES, `cuts at ${first} and ${second}`);
    }
  }
});

Deno.test("LineFramer yields the same lines byte by byte from one reused array", () => {
  const framer = new LineFramer();
  const shared = new Uint8Array(1);
  const lines: string[] = [];
  for (const byte of SAMPLE) {
    shared[0] = byte;
    lines.push(...texts(framer.push(shared)));
  }
  assertEquals([...lines, ...texts(framer.end())], SAMPLE_LINES);
});

Deno.test("LineFramer distinguishes plain lines from others", () => {
  const framer = new LineFramer();
  const lines = [...framer.push(encode('{"plain":1}\n{"back\\\\slash":1}\n')), ...framer.push(encode("a\nb\n"))];
  assertEquals(lines.map((line) => line.isPlain), [true, false, true, true]);
});

Deno.test("LineFramer replaces each bad byte", () => {
  const chunk = Uint8Array.of(0x61, 0xff, 0x0a, 0xed, 0xa0, 0x80, 0x0a, 0xf0, 0x9f, 0x98, 0x62, 0x0a);
  assertEquals(feed(new LineFramer(), [chunk]), ["a\ufffd", "\ufffd\ufffd\ufffd", "\ufffd\ufffd\ufffdb"]);
});

Deno.test("LineFramer keeps a byte order mark", () => {
  assertEquals(feed(new LineFramer(), [encode("\ufeffa\n"), encode("\ufeffb")]), ["\ufeffa", "\ufeffb"]);
});

for (const filler of ["x", "é"]) {
  const width = encode(filler).length;
  const longest = filler.repeat((MAX_LINE_BYTES - 2) / width) + "x".repeat((MAX_LINE_BYTES - 2) % width + 1);

  Deno.test(`LineFramer accepts a line of 1,048,575 bytes of ${filler}, with and without newline`, () => {
    assertEquals(encode(longest).length, MAX_LINE_BYTES - 1);
    assertEquals(feed(new LineFramer(), [encode(longest)]), [longest]);
    assertEquals(feed(new LineFramer(), [encode(`${longest}\n`)]), [longest]);
    assertEquals(feed(new LineFramer(), [encode(longest), encode("\n")]), [longest]);
  });

  Deno.test(`LineFramer refuses a line of 1,048,576 bytes of ${filler}, with and without newline`, () => {
    const bytes = encode(`${longest}x`);
    assertThrows(() => feed(new LineFramer(), [bytes]), LineTooLongError);
    assertThrows(() => feed(new LineFramer(), [encode(`${longest}x\n`)]), LineTooLongError);
    assertThrows(() => feed(new LineFramer(), [bytes.slice(0, 9), bytes.slice(9)]), LineTooLongError);
  });
}

Deno.test("LineFramer accepts a line of 1,048,574 bytes with a carriage return", () => {
  const line = "x".repeat(MAX_LINE_BYTES - 2);
  assertEquals(feed(new LineFramer(), [encode(`${line}\r\n`)]), [line]);
  assertThrows(() => feed(new LineFramer(), [encode(`${line}x\r\n`)]), LineTooLongError);
});

Deno.test("LineFramer yields the lines before one that is too long", () => {
  const lines: string[] = [];
  const framer = new LineFramer(8);
  assertThrows(() => {
    for (const line of framer.push(encode("a\nb\n123456789\nc\n"))) lines.push(line.text);
  }, LineTooLongError);
  assertEquals(lines, ["a", "b"]);
});

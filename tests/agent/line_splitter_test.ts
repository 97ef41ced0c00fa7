import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type AgentLine, LineSplitter } from "../../lib/agent/line_splitter.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const line = (text: string): AgentLine => ({ kind: "line", text });

function pushEach(splitter: LineSplitter, data: Uint8Array, size: number): AgentLine[] {
  const lines: AgentLine[] = [];
  for (let at = 0; at < data.length; at += size) lines.push(...splitter.push(data.subarray(at, at + size)));
  return lines;
}

Deno.test("LineSplitter returns each line without its newline and carriage return", () => {
  const splitter = new LineSplitter();
  assertEquals(splitter.push(bytes("a\nb\r\n\n\rc\r\r\nrest")), [line("a"), line("b"), line(""), line("\rc\r")]);
  assertEquals(splitter.restLength, 4);
});

Deno.test("LineSplitter keeps characters whole when they come byte by byte", () => {
  const text = "grüße 😀 漢字\r\n\ufeffBOM\n";
  assertEquals(pushEach(new LineSplitter(), bytes(text), 1), [line("grüße 😀 漢字"), line("\ufeffBOM")]);
});

Deno.test("LineSplitter replaces bad bytes", () => {
  assertEquals(new LineSplitter().push(new Uint8Array([0x61, 0xff, 0x62, 0x0a])), [line("a\ufffdb")]);
});

Deno.test("LineSplitter does not look at a chunk again after push returned", () => {
  const splitter = new LineSplitter();
  const chunk = bytes("ab");
  splitter.push(chunk);
  chunk.fill(0x78);
  assertEquals(splitter.push(bytes("c\n")), [line("abc")]);
});

Deno.test("LineSplitter returns the same lines however the bytes are split", () => {
  const chunk = fc.uint8Array({ maxLength: 12 }).map((data) => data.map((byte) => byte < 80 ? 10 : byte));
  fc.assert(fc.property(fc.array(chunk), fc.integer({ min: 1, max: 20 }), (chunks, maxBytes) => {
    const whole = new Uint8Array(chunks.flatMap((data) => [...data]));
    const splitter = new LineSplitter({ maxBytes });
    const lines = chunks.flatMap((data) => splitter.push(data));
    assertEquals(lines, new LineSplitter({ maxBytes }).push(whole));
    assertEquals(lines, pushEach(new LineSplitter({ maxBytes }), whole, 1));
    assertEquals(splitter.restLength, whole.length - whole.lastIndexOf(10) - 1);
  }));
});

Deno.test("LineSplitter goes on where another one stopped", () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 9 }).map((data) => data.map((byte) => byte < 64 ? 10 : byte)));
  fc.assert(fc.property(parts, (chunks) => {
    const one = new LineSplitter({ maxBytes: 6 });
    let other = new LineSplitter({ maxBytes: 6 });
    for (const chunk of chunks) {
      assertEquals(other.push(chunk), one.push(chunk));
      other = new LineSplitter({ ...other.unfinished, maxBytes: 6 });
      assertEquals(other.restLength, one.restLength);
    }
  }));
});

Deno.test("LineSplitter takes a line of exactly the limit", () => {
  const splitter = new LineSplitter({ maxBytes: 4 });
  assertEquals(splitter.push(bytes("abcd\nabcde\n")), [line("abcd"), { kind: "too_long", length: 5 }]);
});

Deno.test("LineSplitter drops a line that is too long as it comes, and tells its length", () => {
  const splitter = new LineSplitter({ maxBytes: 4 });
  assertEquals(pushEach(splitter, bytes("abcdefg"), 1), []);
  assertEquals([splitter.restLength, splitter.unfinished.rest.length], [7, 0]);
  assertEquals(splitter.push(bytes("hi\nok\n")), [{ kind: "too_long", length: 9 }, line("ok")]);
});

Deno.test("LineSplitter flags the line after a gap as a tail", () => {
  const splitter = new LineSplitter();
  splitter.push(bytes('{"lost'));
  splitter.dropUntilNewline();
  assertEquals(splitter.push(bytes("en")), []);
  assertEquals(splitter.push(bytes('d"}\n{}\n')), [{ kind: "line", text: 'end"}', isTail: true }, line("{}")]);
});

Deno.test("LineSplitter flags the line after a gap as a tail when it is too long", () => {
  const splitter = new LineSplitter({ maxBytes: 2 });
  splitter.push(bytes("abcdef"));
  splitter.dropUntilNewline();
  assertEquals(splitter.push(bytes("ghi\njk\n")), [{ kind: "too_long", length: 3, isTail: true }, line("jk")]);
});

Deno.test("LineSplitter returns the unfinished line at the end", () => {
  const splitter = new LineSplitter({ maxBytes: 3 });
  assertEquals(splitter.end(), undefined);
  splitter.push(bytes("a\nbc"));
  assertEquals([splitter.end(), splitter.end()], [line("bc"), undefined]);
  splitter.push(bytes("abcd"));
  assertEquals(splitter.end(), { kind: "too_long", length: 4 });
});

Deno.test("LineSplitter takes 64 MiB in chunks of 64 KiB in linear time", () => {
  const splitter = new LineSplitter();
  const chunk = new Uint8Array(64 << 10).fill(0x61);
  const start = performance.now();
  for (let i = 0; i < 1024; i++) splitter.push(chunk);
  const [only] = splitter.push(bytes("\n"));
  assert(only?.kind === "line" && only.text.length === 64 << 20);
  // A quadratic one copies 32 GiB.
  assert(performance.now() - start < 8_000, `${performance.now() - start} ms`);
  assertEquals(splitter.push(bytes("b\n")), [line("b")]);
});

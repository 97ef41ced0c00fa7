import { assertEquals, assertThrows } from "@std/assert";
import { TarHeaderError, TarParser } from "../../lib/files/tar_parser.ts";
import { paxHeader, tarArchive, tarEntry } from "../helpers/tar.ts";
import { concat } from "../../lib/system/io.ts";

interface Seen {
  readonly name: string;
  readonly type: string;
  body: string;
}

/** Parses in pieces of a given size. */
function parse(bytes: Uint8Array, piece = bytes.length): { seen: Seen[]; end: string } {
  const seen: Seen[] = [];
  const parser = new TarParser({
    onEntry: ({ name, type }) => void seen.push({ name, type, body: "" }),
    onData: (data) => void (seen.at(-1)!.body += new TextDecoder().decode(data)),
    onEntryEnd() {},
  });
  for (let at = 0; at < bytes.length; at += piece) parser.push(bytes.subarray(at, at + piece));
  return { seen, end: parser.end };
}

const SAMPLE = tarArchive([
  { name: "a/", type: "5" },
  { name: "a/one", body: "1".repeat(700) },
  { name: "empty" },
  { name: "old", type: "\0", body: "x" },
  { name: "olddir/", type: "\0" },
  tarEntry({ name: "././@LongLink", type: "L", body: `${"long/".repeat(60)}name\0` }),
  { name: "cut", body: "long" },
  paxHeader({ path: "pax/\u00e9\u{1f600}", mtime: "1.5" }),
  { name: "cut", body: "pax" },
  { name: "link", type: "2", link: "a" },
]);
const EXPECTED: Seen[] = [
  { name: "a/", type: "5", body: "" },
  { name: "a/one", type: "0", body: "1".repeat(700) },
  { name: "empty", type: "0", body: "" },
  { name: "old", type: "0", body: "x" },
  { name: "olddir/", type: "5", body: "" },
  { name: `${"long/".repeat(60)}name`, type: "0", body: "long" },
  { name: "pax/\u00e9\u{1f600}", type: "0", body: "pax" },
  { name: "link", type: "2", body: "" },
];

Deno.test("TarParser yields the same entries however the bytes are split", () => {
  for (const piece of [1, 7, 511, 512, 513, 4096, SAMPLE.length]) {
    assertEquals(parse(SAMPLE, piece), { seen: EXPECTED, end: "complete" }, `pieces of ${piece}`);
  }
});

Deno.test("TarParser ignores bytes after the closing blocks", () => {
  assertEquals(parse(concat([SAMPLE, new Uint8Array(700).fill(7)])).seen, EXPECTED);
});

Deno.test("TarParser treats an archive without closing blocks as complete", () => {
  assertEquals(parse(SAMPLE.subarray(0, -1024)), { seen: EXPECTED, end: "complete" });
  assertEquals(parse(SAMPLE.subarray(0, -512)), { seen: EXPECTED, end: "complete" });
  assertEquals(parse(new Uint8Array(0)), { seen: [], end: "complete" });
});

Deno.test("TarParser reports the position when an archive is truncated", () => {
  const one = tarEntry({ name: "a", body: "1".repeat(700) });
  assertEquals(parse(one.subarray(0, 100)).end, "in header");
  assertEquals(parse(one.subarray(0, 512)).end, "in body");
  assertEquals(parse(one.subarray(0, 512 + 699)).end, "in body");
  assertEquals(parse(one.subarray(0, 512 + 701)).end, "in header");
  assertEquals(parse(paxHeader({ path: "x" }).subarray(0, 600)).end, "in header");
});

Deno.test("TarParser reads the name prefix of ustar and ignores that field of GNU", () => {
  const withPrefix = (magic: string) => {
    const block = tarEntry({ name: "name", magic });
    block.set(new TextEncoder().encode("pre/fix"), 345);
    const sum = block.map((byte, i) => i >= 148 && i < 156 ? 32 : byte).reduce((a, b) => a + b, 0);
    block.set(new TextEncoder().encode(sum.toString(8).padStart(6, "0") + "\0 "), 148);
    return parse(block).seen[0]!.name;
  };
  assertEquals(withPrefix("ustar\x0000"), "pre/fix/name");
  assertEquals(withPrefix("ustar  \0"), "name");
});

Deno.test("TarParser reads binary sizes", () => {
  const block = tarEntry({ name: "big", body: "abc" });
  block.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], 124);
  const sum = block.subarray(0, 512).map((byte, i) => i >= 148 && i < 156 ? 32 : byte);
  block.set(new TextEncoder().encode([...sum].reduce((a, b) => a + b, 0).toString(8).padStart(6, "0") + "\0 "), 148);
  assertEquals(parse(block).seen, [{ name: "big", type: "0", body: "abc" }]);
});

Deno.test("TarParser uses the size of a pax header", () => {
  const entry = tarEntry({ name: "a", body: "abcd", size: 0 });
  assertEquals(parse(concat([paxHeader({ size: "4" }), entry])).seen[0]!.body, "abcd");
});

Deno.test("TarParser reports a sparse file with the type S", () => {
  const bytes = concat([paxHeader({ "GNU.sparse.major": "1" }), tarEntry({ name: "a" })]);
  assertEquals(parse(bytes).seen[0]!.type, "S");
});

Deno.test("TarParser reports a global header as an entry", () => {
  assertEquals(parse(paxHeader({ comment: "x" }, "g")).seen[0]!.type, "g");
});

const broken = (change: (block: Uint8Array) => void) => {
  const block = tarEntry({ name: "a", body: "abc" });
  change(block);
  return block;
};

for (
  const [what, bytes] of [
    ["a wrong checksum", broken((block) => block[0]!++ && void (block[0]! += 1))],
    ["noise", new Uint8Array(512).map((_, i) => i * 31)],
    ["an entry after one closing block", concat([new Uint8Array(512), tarEntry({ name: "a" })])],
    ["a pax record with a wrong length", tarEntry({ name: "x", type: "x", body: "99 path=a\n" })],
    ["a pax record without a key", tarEntry({ name: "x", type: "x", body: "6 =ab\n" })],
    ["a pax path with a NUL", tarEntry({ name: "x", type: "x", body: "11 path=a\0\n" })],
    ["an invalid pax size", concat([paxHeader({ size: "-1" }), tarEntry({ name: "a" })])],
    ["a huge pax header", tarEntry({ name: "x", type: "x", size: 2 ** 32 })],
  ] as const
) {
  Deno.test(`TarParser refuses ${what}`, () => {
    assertThrows(() => parse(bytes), TarHeaderError, "archive/tar: invalid tar header");
  });
}

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { BlockList } from "node:net";
import {
  addressText,
  isInRanges,
  isLoopback,
  isUnspecified,
  parseAddress,
  parseListen,
  parseRange,
} from "../../../lib/hub/access/addresses.ts";

for (
  const [text, bytes] of [
    ["127.0.0.1", [127, 0, 0, 1]],
    ["::ffff:127.0.0.1", [127, 0, 0, 1]],
    ["::FFFF:7f00:1", [127, 0, 0, 1]],
    ["::", new Array(16).fill(0)],
    ["::1", [...new Array(15).fill(0), 1]],
    ["2001:db8::a:0:1", [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0xa, 0, 0, 0, 1]],
    ["fe80::1%eth0", [0xfe, 0x80, ...new Array(13).fill(0), 1]],
  ] as const
) {
  Deno.test(`parseAddress() parses ${text}`, () => {
    assertEquals(parseAddress(text), Uint8Array.from(bytes));
  });
}

for (
  const text of [
    "",
    "localhost",
    "127.1",
    "0127.0.0.1",
    "0x7f.0.0.1",
    "256.0.0.1",
    "1.2.3.4.5",
    "2130706433",
    "1.2.3.4%a",
  ]
    .concat([
      "[::1]",
      "::1::",
      ":::",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "::12345",
      "::1.2.3",
      "::1/64",
      "::1 ",
      "::1]/@[::2",
    ])
) {
  Deno.test(`parseAddress() refuses ${JSON.stringify(text)}`, () => {
    assertEquals(parseAddress(text), undefined);
  });
}

Deno.test("isLoopback() knows all addresses that only this machine reaches", () => {
  const loopback = ["127.0.0.1", "127.255.1.2", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f01:203"];
  const others = ["128.0.0.1", "0.0.0.0", "::", "::2", "::127.0.0.1", "::ffff:10.0.0.1", "1::1", "localhost", ""];
  assertEquals(loopback.filter((address) => !isLoopback(address)), []);
  assertEquals(others.filter(isLoopback), []);
});

Deno.test("isUnspecified() knows what means all addresses", () => {
  assertEquals(["0.0.0.0", "::", "0::0"].filter((address) => !isUnspecified(address)), []);
  assertEquals(["127.0.0.1", "::1", "0.0.0.1", ""].filter(isUnspecified), []);
});

for (
  const text of ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0/8", "10.0.0.0/8/8", "fe80::1%eth0", "a"]
    .concat("::ffff:10.0.0.0/95", "10.0.0.0/ 8")
) {
  Deno.test(`parseRange() refuses ${JSON.stringify(text)}`, () => {
    assertEquals(parseRange(text), undefined);
  });
}

/** Whether an address is in one of the ranges that these texts say. */
function isIn(address: string, ...texts: readonly string[]): boolean {
  return isInRanges(address, texts.map((text) => parseRange(text)!));
}

Deno.test("isInRanges() compares IPv4 addresses in both ways to write them", () => {
  assert(isIn("10.1.2.3", "192.168.0.0/16", "10.0.0.0/8"));
  assert(isIn("::ffff:10.1.2.3", "10.0.0.0/8"));
  assert(isIn("10.1.2.3", "::ffff:10.0.0.0/104"));
  assert(!isIn("11.1.2.3", "::ffff:10.0.0.0/104", "10.0.0.0/8"));
});

Deno.test("isInRanges() keeps the families of addresses apart", () => {
  assert(!isIn("10.1.2.3", "::/0"));
  assert(!isIn("::a01:203", "0.0.0.0/0"));
});

Deno.test("isInRanges() takes an address as a range of one", () => {
  assert(isIn("10.1.2.3", "10.1.2.3"));
  assert(!isIn("10.1.2.2", "10.1.2.3"));
  assert(isIn("2001:db8::1", "2001:0db8:0::1"));
});

Deno.test("isInRanges() finds no text that is not an address", () => {
  assert(!isIn("localhost", "0.0.0.0/0", "::/0"));
});

Deno.test("isInRanges() decides as the runtime's own list does, for random ranges", () => {
  const near = (bits: bigint, width: number) =>
    fc.tuple(fc.constant(bits), fc.integer({ min: 0, max: width }), fc.bigInt(0n, (1n << BigInt(width)) - 1n))
      .map(([base, kept, other]) => {
        const shift = BigInt(width - kept);
        return (base >> shift << shift) | (other & ((1n << shift) - 1n)); // shares at least `kept` bits with the base
      });
  const range = fc.constantFrom(32, 128).chain((width) =>
    fc.bigInt(0n, (1n << BigInt(width)) - 1n).chain((base) =>
      fc.record({
        width: fc.constant(width),
        base: fc.constant(base),
        length: fc.integer({ min: 0, max: width }),
        address: near(base, width),
      })
    )
  );
  fc.assert(
    fc.property(range, ({ width, base, length, address }) => {
      const write = width === 32 ? ipv4Text : ipv6Text;
      const family = width === 32 ? "ipv4" : "ipv6";
      // Mapped addresses have tests of their own.
      fc.pre(width === 32 || (base >> 32n !== 0xffffn && address >> 32n !== 0xffffn));
      const list = new BlockList();
      list.addSubnet(write(base), length, family);
      assertEquals(isIn(write(address), `${write(base)}/${length}`), list.check(write(address), family));
    }),
    { numRuns: 500 },
  );
});

function ipv4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
}

function ipv6Text(value: bigint): string {
  return Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(":");
}

for (
  const [text, hostname, port] of [
    ["127.0.0.1:7621", "127.0.0.1", 7621],
    ["localhost:0", "127.0.0.1", 0],
    ["LocalHost:80", "127.0.0.1", 80],
    ["0.0.0.0:65535", "0.0.0.0", 65_535],
    ["[::1]:7621", "::1", 7621],
    ["[0:0:0:0:0:0:0:1]:7621", "::1", 7621],
    ["[2001:DB8::1]:443", "2001:db8::1", 443],
  ] as const
) {
  Deno.test(`parseListen() parses ${text}`, () => {
    assertEquals(parseListen(text), { address: { hostname, port } });
  });
}

for (
  const [text, part] of [
    ["", "must be ADDRESS:PORT"],
    ["7621", "must be ADDRESS:PORT"],
    [":7621", "must be ADDRESS:PORT"],
    ["127.0.0.1", "must be ADDRESS:PORT"],
    ["::1:7621", "must be ADDRESS:PORT"],
    ["http://127.0.0.1:7621", "must be ADDRESS:PORT"],
    ["127.0.0.1:76a", "must be ADDRESS:PORT"],
    ["127.0.0.1:-1", "must be ADDRESS:PORT"],
    ["127.0.0.1:65536", "must have a port from 0 to 65535"],
    ["127.0.0.1:99999999999999999999999", "must have a port from 0 to 65535"],
    ["desk.example.org:80", "must have an IP address or localhost"],
    ["*:80", "must have an IP address or localhost"],
    ["127.1:80", "must have an IP address or localhost"],
    ["[127.0.0.1]:80", "must have an IP address or localhost"],
    ["[::1%lo]:80", "must have an IP address or localhost"],
    ["[]:80", "must have an IP address or localhost"],
  ] as const
) {
  Deno.test(`parseListen() refuses ${JSON.stringify(text)}`, () => {
    const listen = parseListen(text);
    const problem = "problem" in listen ? listen.problem : "";
    assertStringIncludes(problem, part);
    assertStringIncludes(problem, `not ${JSON.stringify(text)}`);
  });
}

Deno.test("addressText() puts IPv6 addresses in brackets", () => {
  assertEquals(addressText({ hostname: "127.0.0.1", port: 80 }), "127.0.0.1:80");
  assertEquals(addressText({ hostname: "::1", port: 80 }), "[::1]:80");
});

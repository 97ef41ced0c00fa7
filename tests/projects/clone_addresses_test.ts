import { assertEquals } from "@std/assert";
import { addressJudge } from "../../lib/projects/clone_addresses.ts";
import { parseIpRange } from "../../lib/projects/ip_address.ts";

const ranges = (...texts: readonly string[]) => texts.map(parseIpRange).filter((range) => range !== undefined);
const strict = addressJudge({ allowPrivate: false, allowed: [] });
const lax = addressJudge({ allowPrivate: true, allowed: ranges("0.0.0.0/0", "::/0") });

const PUBLIC = [
  "1.1.1.1",
  "8.8.8.8",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "140.82.121.3",
  "169.253.255.255",
  "169.255.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.0.1.0",
  "192.167.255.255",
  "192.169.0.0",
  "198.17.255.255",
  "198.20.0.0",
  "223.255.255.255",
  "2606:4700:4700::1111",
  "2a00:1450:4001:82a::200e",
  "::ffff:8.8.8.8",
  "::ffff:808:808",
  "64:ff9b::8.8.8.8",
  "2002:808:808::1",
];

/** Addresses, each with a word of why nobody may allow it. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  loopback: [
    ...["127.0.0.1", "127.1.2.3", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"],
    ...["0:0:0:0:0:ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
    ...["2002:7f00:0001:1234::5", "::FFFF:127.0.0.1"],
  ],
  unspecified: [
    "0.0.0.0",
    "0.1.2.3",
    "0.255.255.255",
    "::",
    "0:0:0:0:0:0:0:0",
    "::ffff:0.0.0.0",
    "64:ff9b::",
    "2002::1",
  ],
  "link-local": [
    ...["169.254.0.1", "169.254.169.254", "fe80::1", "febf::1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe"],
    ...["64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::169.254.169.254"],
  ],
  multicast: ["224.0.0.1", "239.255.255.255", "ff02::1", "ffff::1", "::ffff:224.0.0.1", "2002:e000:1::"],
  reserved: [
    ...["240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "2001:db8::1"],
    ...["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "3fff::1", "fec0::1", "100::1", "4000::1", "5f00::1"],
    ...["::ffff:0:127.0.0.1", "e000::1", "::ffff:255.255.255.255", "1::1", "0:1::", "2002:f000:1::"],
  ],
  "no address": [
    ...["", "localhost", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "127.0.0.1 ", " 127.0.0.1", "127.0.0.1:80"],
    ...["fe80::1%eth0", "::1%lo", "[::1]", "1.2.3.4/8", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "::1::", ":::"],
    ...["1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1.2.3", "1.2.3.4::", "::ffff:127.0.0.01"],
    ...["1:2:3:4:5:6:7:8::", "1:2:3:4:5:6:7:1.2.3.4", "１.1.1.1"],
  ],
};

/** What the configuration may allow. */
const PRIVATE = [
  ...["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"],
  ...["100.64.0.1", "100.100.100.200", "100.127.255.255", "198.18.0.1", "198.19.255.255", "192.0.0.1", "192.0.0.192"],
  ...["fc00::1", "fd00:ec2::254", "fdff::1", "::ffff:10.0.0.1", "::ffff:c0a8:1", "::192.168.0.1", "64:ff9b::10.0.0.1"],
  ...["2002:c0a8:1::1", "2002:a00:1::", "64:ff9b:1::10.0.0.1", "64:ff9b:1::127.0.0.1"],
];

Deno.test("addressJudge() allows public addresses", () => {
  for (const address of PUBLIC) assertEquals(strict(address), undefined, address);
});

for (const [word, addresses] of Object.entries(REFUSED)) {
  Deno.test(`addressJudge() refuses what is ${word}, whatever the configuration allows`, () => {
    for (const judge of [strict, lax]) {
      for (const address of addresses) {
        assertEquals(judge(address)?.includes(word), true, `${address} is ${judge(address)}`);
      }
    }
  });
}

Deno.test("addressJudge() refuses private addresses, unless they are allowed", () => {
  for (const address of PRIVATE) {
    assertEquals(strict(address)?.includes("private"), true, address);
    assertEquals(lax(address), undefined, address);
  }
});

Deno.test("addressJudge() allows private addresses in configured ranges, also where they are wrapped", () => {
  const some = addressJudge({ allowPrivate: false, allowed: ranges("10.1.0.0/16", "fd00:1::/32", "192.168.7.7") });
  for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00:1::5", "192.168.7.7"]) {
    assertEquals(some(address), undefined, address);
  }
  for (const address of ["10.2.0.0", "10.0.255.255", "fd00:2::5", "192.168.7.8", "::ffff:10.2.0.0"]) {
    assertEquals(some(address), "a private address", address);
  }
});

Deno.test("parseIpRange() reads ranges, and nothing else", () => {
  for (const text of ["10.0.0.0/8", "0.0.0.0/0", "1.2.3.4/32", "1.2.3.4", "::/0", "fd00::/7", "::1/128"]) {
    assertEquals(ranges(text).length, 1, text);
  }
  for (
    const text of ["", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/08", "10/8", "10.0.0.0/8/8", "10.0.0.0/", "x"]
  ) {
    assertEquals(ranges(text).length, 0, text);
  }
});

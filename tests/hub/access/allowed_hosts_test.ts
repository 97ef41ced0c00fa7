import { assert, assertEquals } from "@std/assert";
import {
  hostOfRequest,
  isOwnHost,
  isOwnOrigin,
  type OwnHosts,
  parseAllowedHost,
  parseHost,
} from "../../../lib/hub/access/allowed_hosts.ts";

/** A hub on loopback that is also reached by these names. */
function hubWith(...names: readonly string[]): OwnHosts {
  return { listen: { hostname: "127.0.0.1", port: 7621 }, allowedHosts: names.map((name) => parseAllowedHost(name)!) };
}

function listeningOn(hostname: string): OwnHosts {
  return { listen: { hostname, port: 7621 }, allowedHosts: [] };
}

for (
  const [text, name, port] of [
    ["localhost", "localhost", undefined],
    ["LOCALHOST:7621", "localhost", 7621],
    ["127.0.0.1:80", "127.0.0.1", 80],
    ["[::1]:7621", "[::1]", 7621],
    ["[0:0::1]", "[::1]", undefined],
    ["xn--bcher-kva.example", "xn--bcher-kva.example", undefined],
    ["my_host-1.example.org:00080", "my_host-1.example.org", 80],
  ] as const
) {
  Deno.test(`parseHost() parses ${text}`, () => {
    assertEquals(parseHost(text), { name, port });
  });
}

for (
  const text of ["", " localhost", "localhost ", "localhost.", "localhost.:80", ".localhost", "a..b", "user@localhost"]
    .concat([
      "user:pw@localhost",
      "localhost/",
      "localhost?",
      "localhost#",
      "localhost:",
      "localhost:65536",
      "localhost:x",
    ])
    .concat(["localhost:-1", "localhost:123456", "a, b", "a,b", "http://localhost", "bücher.example", "bÃ¼cher", "::1"])
    .concat([
      "[::1",
      "::1]",
      "[]",
      "[::1]x",
      "[127.0.0.1]",
      "[::1%25lo]",
      "local%68ost",
      "localhost\\",
      "a".repeat(254),
    ])
) {
  Deno.test(`parseHost() refuses ${JSON.stringify(text)}`, () => {
    assertEquals(parseHost(text), undefined);
  });
}

Deno.test("parseAllowedHost() takes names of any script", () => {
  assertEquals(parseAllowedHost("Bücher.example:443"), { name: "xn--bcher-kva.example", port: 443 });
});

for (
  const text of ["https://hub.example.org", "*.example.org", "hub.example.org/", "", "bücher.example/x", "bü cher"]
) {
  Deno.test(`parseAllowedHost() refuses ${JSON.stringify(text)}`, () => {
    assertEquals(parseAllowedHost(text), undefined);
  });
}

for (
  const host of [
    "localhost",
    "localhost:7621",
    "localhost:9000",
    "127.0.0.1:7621",
    "127.0.0.2",
    "[::1]:7621",
    "LOCALHOST",
  ]
) {
  Deno.test(`isOwnHost() accepts ${host} of a hub on loopback`, () => {
    assert(isOwnHost(host, "http", hubWith()));
  });
}

for (
  const host of [
    undefined,
    "",
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "localhost.",
    "10.0.0.1",
  ]
    .concat(["0.0.0.0:7621", "[::]", "127.1", "2130706433", "0x7f000001", "evil.example, localhost"])
) {
  Deno.test(`isOwnHost() refuses ${JSON.stringify(host)} for a hub on loopback`, () => {
    assert(!isOwnHost(host, "http", hubWith()));
  });
}

Deno.test("isOwnHost() accepts the address where the hub listens", () => {
  assert(isOwnHost("10.0.0.1:7621", "http", listeningOn("10.0.0.1")));
  assert(!isOwnHost("10.0.0.2:7621", "http", listeningOn("10.0.0.1")));
  assert(isOwnHost("[2001:db8:0::1]:7621", "http", listeningOn("2001:db8::1")));
});

Deno.test("isOwnHost() accepts any address, but no other name, when the hub listens on all addresses", () => {
  for (const own of [listeningOn("0.0.0.0"), listeningOn("::")]) {
    assert(isOwnHost("10.0.0.1:7621", "http", own));
    assert(isOwnHost("[2001:db8::1]:7621", "http", own));
    assert(!isOwnHost("evil.example:7621", "http", own));
  }
});

Deno.test("isOwnHost() accepts an allowed name with any port when no port is configured", () => {
  const own = hubWith("Hub.Example.org");
  assert(isOwnHost("hub.example.org", "http", own));
  assert(isOwnHost("HUB.example.org:8443", "https", own));
  assert(!isOwnHost("x.hub.example.org", "http", own));
  assert(!isOwnHost("example.org", "http", own));
});

Deno.test("isOwnHost() accepts an allowed name with the configured port only, which may be the default one", () => {
  const own = hubWith("hub.example.org:443");
  assert(isOwnHost("hub.example.org:443", "https", own));
  assert(isOwnHost("hub.example.org", "https", own));
  assert(!isOwnHost("hub.example.org", "http", own));
  assert(!isOwnHost("hub.example.org:8443", "https", own));
});

for (
  const [origin, host, scheme] of [
    ["http://localhost:7621", "localhost:7621", "http"],
    ["HTTP://LocalHost:7621", "LOCALHOST:7621", "http"],
    ["http://[::1]:7621", "[0:0::1]:7621", "http"],
    ["http://localhost", "localhost:80", "http"],
    ["http://localhost:80", "localhost", "http"],
    ["https://hub.example.org", "hub.example.org:443", "https"],
    ["https://hub.example.org", "hub.example.org", "https"],
  ] as const
) {
  Deno.test(`isOwnOrigin() accepts ${origin} for ${host} over ${scheme}`, () => {
    assert(isOwnOrigin(origin, host, scheme, hubWith("hub.example.org")));
  });
}

for (
  const [origin, host, scheme] of [
    ["null", "localhost:7621", "http"],
    ["", "localhost:7621", "http"],
    ["http://localhost:7622", "localhost:7621", "http"],
    ["http://127.0.0.1:7621", "localhost:7621", "http"],
    ["https://localhost:7621", "localhost:7621", "http"],
    ["http://localhost:7621", "localhost:7621", "https"],
    ["http://hub.example.org", "hub.example.org", "https"],
    ["http://hub.example.org:443", "hub.example.org", "http"],
    ["http://localhost:7621.", "localhost:7621", "http"],
    ["http://localhost.:7621", "localhost:7621", "http"],
    ["http://localhost:7621/", "localhost:7621", "http"],
    ["http://user@localhost:7621", "localhost:7621", "http"],
    ["http://localhost:7621@evil.example", "localhost:7621", "http"],
    ["http://localhost:7621#@evil.example", "localhost:7621", "http"],
    ["http://localhost:7621, http://evil.example", "localhost:7621", "http"],
    ["ws://localhost:7621", "localhost:7621", "http"],
    ["file://", "localhost:7621", "http"],
    ["chrome-extension://localhost", "localhost", "http"],
    ["http://evil.example", "evil.example", "http"],
    ["http://xn--bcher-kva.example", "xn--bcher-kva.example", "http"],
    ["http://localhost:7621", undefined, "http"],
  ] as const
) {
  Deno.test(`isOwnOrigin() refuses ${JSON.stringify(origin)} for ${host} over ${scheme}`, () => {
    assert(!isOwnOrigin(origin, host, scheme, hubWith("hub.example.org")));
  });
}

Deno.test("isOwnOrigin() accepts a name of another script as browsers send it", () => {
  const [origin, host] = ["https://xn--bcher-kva.example", "xn--bcher-kva.example"];
  assert(isOwnOrigin(origin, host, "https", hubWith("bücher.example")));
});

Deno.test("hostOfRequest() returns the header, and not what a request line says", () => {
  const headers = new Headers({ host: "localhost:7621" });
  assertEquals(hostOfRequest({ headers, url: "http://evil.example/" }), "localhost:7621");
});

Deno.test("hostOfRequest() returns the authority of a request of HTTP/2", () => {
  assertEquals(
    hostOfRequest({ headers: new Headers(), url: "https://hub.example.org:8443/x" }),
    "hub.example.org:8443",
  );
});

Deno.test("hostOfRequest() returns nothing for an unencrypted request without the header", () => {
  assertEquals(hostOfRequest({ headers: new Headers(), url: "http://localhost:7621/" }), undefined);
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createHmac } from "node:crypto";
import { parseProxy, type ProxiedRequest, proxiedUser, type ProxyConfig } from "../../../lib/hub/access/proxy.ts";

const TABLE = {
  trusted_ips: ["10.0.0.0/8", "::1"],
  user_header: "X-User",
  signature_header: "X-Signature",
  secret: "sixteen letters!",
};
const NOW = 1_800_000_000;

function settings(): ProxyConfig {
  const parsed = parseProxy(TABLE);
  if ("problem" in parsed) throw new TypeError(`Unexpected problem: ${parsed.problem.text}`);
  return parsed.proxy;
}

/** What a proxy that works sends. */
interface Signed {
  readonly user: string;
  readonly time: number;
  readonly method: string;
  readonly path: string;
}

const SIGNED: Signed = { user: "alice", time: NOW, method: "POST", path: "/api/sessions" };

function signatureOf({ user, time, method, path }: Signed, secret = TABLE.secret): string {
  const hex = createHmac("sha256", secret).update(`${user}:${time}:${method}:${path}`).digest("hex");
  return `t=${time},v1=${hex}`;
}

/** Headers as the runtime reads them: each byte is a character. */
function headersOf(values: Readonly<Record<string, string>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(values)) {
    headers.append(name, String.fromCharCode(...new TextEncoder().encode(value)));
  }
  return headers;
}

/** A request of a proxy that works, with changes. */
function request(signed: Partial<Signed> = {}, changes: Partial<ProxiedRequest> = {}): ProxiedRequest {
  const { user, time, method, path } = { ...SIGNED, ...signed };
  const headers = headersOf({ "x-user": user, "x-signature": signatureOf({ user, time, method, path }) });
  return { peer: "10.1.2.3", method, path, headers, ...changes };
}

function reasonFor(request: ProxiedRequest): string {
  const result = proxiedUser(request, settings(), NOW * 1000);
  return result.kind === "refused" ? result.reason : `not refused, but ${result.kind}`;
}

Deno.test("proxiedUser() returns the user whom a trusted proxy has signed", () => {
  assertEquals(proxiedUser(request(), settings(), NOW * 1000), { kind: "user", user: "alice" });
});

Deno.test("proxiedUser() returns a name in any script", () => {
  const result = proxiedUser(request({ user: "jörg 山田" }), settings(), NOW * 1000);
  assertEquals(result, { kind: "user", user: "jörg 山田" });
});

Deno.test("proxiedUser() accepts the proxy's address in the form of a socket for both families", () => {
  const result = proxiedUser(request({}, { peer: "::ffff:10.1.2.3" }), settings(), NOW * 1000);
  assertEquals(result.kind, "user");
});

for (const seconds of [-60, -59, 59, 60]) {
  Deno.test(`proxiedUser() accepts a signature ${seconds} s from now`, () => {
    assertEquals(proxiedUser(request({ time: NOW + seconds }), settings(), NOW * 1000).kind, "user");
  });
}

for (const seconds of [-3600, -61, 61, 3600]) {
  Deno.test(`proxiedUser() refuses a signature ${seconds} s from now`, () => {
    const reason = "the signature is of another time: the clocks may differ by 60 s";
    assertEquals(reasonFor(request({ time: NOW + seconds })), reason);
  });
}

Deno.test("proxiedUser() tells a request without the headers from a wrong one", () => {
  assertEquals(proxiedUser(request({}, { headers: new Headers() }), settings(), NOW * 1000), { kind: "absent" });
  const [user, signature] = [headersOf({ "x-user": "alice" }), headersOf({ "x-signature": signatureOf(SIGNED) })];
  assertEquals(reasonFor(request({}, { headers: user })), "there is no header x-signature");
  assertEquals(reasonFor(request({}, { headers: signature })), "there is no header x-user");
});

for (const peer of ["11.0.0.1", "127.0.0.1", "::2", "", "localhost"]) {
  Deno.test(`proxiedUser() refuses a signature from "${peer}", which is not the proxy`, () => {
    assertEquals(reasonFor(request({}, { peer })), `${peer} is not in auth.proxy.trusted_ips`);
  });
}

Deno.test("proxiedUser() refuses headers that were sent twice", () => {
  const doubled = (name: string) => {
    const { headers } = request();
    const both = new Headers([["x-user", headers.get("x-user")!], ["x-signature", headers.get("x-signature")!]]);
    both.append(name, both.get(name)!);
    return request({}, { headers: both });
  };
  assertEquals(reasonFor(doubled("x-user")), "the header x-user contains no single name");
  assertEquals(reasonFor(doubled("x-signature")), "the header x-signature is not t=SECONDS,v1=HEX");
});

for (const user of ["", "alice:1:GET:/", "alice, bob", "a\tb", "a".repeat(257)]) {
  Deno.test(`proxiedUser() refuses the user ${JSON.stringify(user.slice(0, 20))}, even if signed`, () => {
    assertEquals(reasonFor(request({ user })), "the header x-user contains no single name");
  });
}

Deno.test("proxiedUser() refuses a user that is not UTF-8, even if signed", () => {
  const hex = createHmac("sha256", TABLE.secret).update(Uint8Array.of(0xff)).update(`:${NOW}:POST:/`).digest("hex");
  const headers = new Headers({ "x-user": "\xff", "x-signature": `t=${NOW},v1=${hex}` });
  assertEquals(reasonFor(request({ path: "/" }, { headers })), "the header x-user contains no single name");
});

Deno.test("proxiedUser() never accepts a signature of something else", () => {
  const { user, time, method, path } = SIGNED;
  const change = fc.oneof(
    fc.record({ user: fc.stringMatching(/^[a-z0-9@.-]{1,12}$/) }),
    fc.record({ time: fc.integer({ min: NOW - 60, max: NOW + 60 }) }),
    fc.record({ method: fc.constantFrom("GET", "PUT", "PATCH", "DELETE", "post", "") }),
    fc.record({ path: fc.webPath() }),
  );
  fc.assert(
    fc.property(change, (changed) => {
      const sent = { ...SIGNED, ...changed };
      const same = [user, time, method, path].join("\n") === [sent.user, sent.time, sent.method, sent.path].join("\n");
      fc.pre(!same);
      const signature = signatureOf(SIGNED).replace(`t=${time}`, `t=${sent.time}`);
      const headers = headersOf({ "x-user": sent.user, "x-signature": signature });
      const result = proxiedUser(
        { ...request(), method: sent.method, path: sent.path, headers },
        settings(),
        NOW * 1000,
      );
      assertEquals(result.kind, "refused");
    }),
    { numRuns: 300 },
  );
});

Deno.test("proxiedUser() never accepts a signature that was changed, or made with another secret", () => {
  const right = signatureOf(SIGNED);
  const position = fc.integer({ min: 0, max: right.length });
  const character = fc.constantFrom(..."0123456789abcdefABCDEF tv1=,+-");
  const changed = fc.oneof(
    fc.tuple(position, character).map(([at, text]) => right.slice(0, at) + text + right.slice(at + 1)),
    fc.tuple(position, character).map(([at, text]) => right.slice(0, at) + text + right.slice(at)),
    position.map((at) => right.slice(0, at)),
    fc.string({ maxLength: 20 }).map((secret) => signatureOf(SIGNED, secret)),
  );
  fc.assert(
    fc.property(changed, (signature) => {
      // Spaces around the value of a header do not belong to it.
      fc.pre(signature.trim() !== right);
      const headers = headersOf({ "x-user": SIGNED.user, "x-signature": signature });
      assertEquals(proxiedUser(request({}, { headers }), settings(), NOW * 1000).kind, "refused");
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseProxy() reads a table", () => {
  const { trustedIps, ...rest } = settings();
  assertEquals(trustedIps.length, 2);
  assertEquals(rest, { userHeader: "x-user", signatureHeader: "x-signature", secret: "sixteen letters!" });
});

for (
  const [change, member, text] of [
    [{ trusted_ips: "10.0.0.1" }, "trusted_ips", "must be a list of addresses and ranges"],
    [{ trusted_ips: [] }, "trusted_ips", "must be a list of addresses and ranges"],
    [{ trusted_ips: ["10.0.0.1", "proxy"] }, "trusted_ips", "must be a list of addresses and ranges"],
    [{ trusted_ips: [1] }, "trusted_ips", "must be a list of addresses and ranges"],
    [{ user_header: "" }, "user_header", "must be the name of a header"],
    [{ user_header: "X User" }, "user_header", "must be the name of a header"],
    [{ user_header: true }, "user_header", "must be the name of a header"],
    [{ signature_header: "x-user" }, "signature_header", "must be the name of another header"],
    [{ signature_header: "a:b" }, "signature_header", "must be the name of another header"],
    [{ secret: "fifteen letters" }, "secret", "must be a text of at least 16 characters"],
    [{ secret: 1234567890123456 }, "secret", "must be a text of at least 16 characters"],
    [{ secrets: "x" }, "secrets", "is not one of trusted_ips, user_header, signature_header, secret"],
    [{ secret: undefined }, undefined, "has no secret: it needs trusted_ips, user_header, signature_header, secret"],
  ] as const
) {
  Deno.test(`parseProxy() refuses a table with ${JSON.stringify(change)}`, () => {
    const parsed = parseProxy({ ...TABLE, ...change });
    const problem = "problem" in parsed ? parsed.problem : { text: "accepted" };
    assertEquals(problem.member, member);
    assert(problem.text.startsWith(text), problem.text);
  });
}

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createHmac } from "node:crypto";
import { hubWeb, type RequestHeaders, type TestHubWeb } from "../../helpers/hub_web.ts";
import { rawRequest, UPGRADE } from "../../helpers/raw_http.ts";

const SECRET = "a secret of proxy and hub";
const HOST = "hub.example.org";
const CONFIG = `auth.allowed_hosts = ["${HOST}"]
[auth.proxy]
trusted_ips = ["127.0.0.1"]
user_header = "X-User"
signature_header = "X-Signature"
secret = "${SECRET}"
`;

/** What a proxy adds to a request that it has signed. */
function signed(
  user: string,
  method: string,
  path: string,
  { seconds = Math.floor(Date.now() / 1000), secret = SECRET } = {},
): RequestHeaders {
  const hex = createHmac("sha256", secret).update(`${user}:${seconds}:${method}:${path}`).digest("hex");
  return { "x-user": user, "x-signature": `t=${seconds},v1=${hex}` };
}

/** Sends a request as a proxy passes it on that browsers reach over https. */
function pass(hub: TestHubWeb, method: string, path: string, headers: RequestHeaders, body = "") {
  const length: RequestHeaders = body === "" ? {} : {
    "content-length": `${body.length}`,
    "content-type": "application/json",
  };
  return hub.raw(rawRequest(method, path, { host: HOST, "x-forwarded-proto": "https", ...length, ...headers }, body));
}

Deno.test("a user whom a trusted proxy has signed in may look and change, under their own name", async () => {
  await using hub = await hubWeb({ config: CONFIG });
  const look = await pass(hub, "GET", "/api/sessions?active=true", signed("ada", "GET", "/api/sessions"));
  assertEquals(look.status, 200);
  const path = "/api/sessions/s/stop";
  const change = await pass(hub, "POST", path, { ...signed("ada", "POST", path), origin: `https://${HOST}` });
  assertEquals(change.status, 200);
  const [entry] = hub.store.audit.list({ limit: 1 });
  assertEquals([entry?.who, entry?.way, entry?.what], ["ada", "proxy", "session.stop"]);
});

Deno.test("what a proxy has signed changes nothing without the origin of our page", async () => {
  await using hub = await hubWeb({ config: CONFIG });
  const path = "/api/sessions/s/stop";
  for (const origin of [undefined, "https://evil.example", `http://${HOST}`]) {
    const headers = { ...signed("ada", "POST", path), ...(origin === undefined ? {} : { origin }) };
    assertEquals((await pass(hub, "POST", path, headers)).status, 403);
  }
  assertEquals(hub.sessions.get("s").status, "idle");
});

Deno.test("a WebSocket through a proxy needs the signature and the origin of our page", async () => {
  await using hub = await hubWeb({ config: CONFIG });
  const status = async (headers: RequestHeaders) =>
    (await pass(hub, "GET", "/ws/dashboard", { ...headers, ...UPGRADE })).status;
  const proof = signed("ada", "GET", "/ws/dashboard");
  assertEquals(await status({ ...proof, origin: `https://${HOST}` }), 101);
  assertEquals(await status(proof), 403);
  assertEquals(await status({ origin: `https://${HOST}` }), 401);
});

for (
  const [name, headers, detail] of [
    ["of another user", { ...signed("ada", "GET", "/api/status"), "x-user": "bob" }, "the signature is wrong"],
    ["of another path", signed("ada", "GET", "/api/sessions"), "the signature is wrong"],
    ["of another method", signed("ada", "POST", "/api/status"), "the signature is wrong"],
    ["with another secret", signed("ada", "GET", "/api/status", { secret: "another" }), "the signature is wrong"],
    ["of long ago", signed("ada", "GET", "/api/status", { seconds: 1 }), "the signature is of another time"],
    ["without a user", { "x-signature": "t=1,v1=" }, "there is no header x-user"],
    ["without a signature", { "x-user": "ada" }, "there is no header x-signature"],
  ] as const
) {
  Deno.test(`a proxy's signature ${name} is refused`, async () => {
    await using hub = await hubWeb({ config: CONFIG });
    const { status, body } = await pass(hub, "GET", "/api/status", headers);
    assertEquals(status, 401);
    assertStringIncludes(JSON.parse(body).detail, `the proxy is not trusted: ${detail}`);
  });
}

Deno.test("a signature from an address that is no trusted proxy is refused", async () => {
  await using hub = await hubWeb({ config: CONFIG.replace("127.0.0.1", "10.0.0.0/8") });
  const { status, body } = await pass(hub, "GET", "/api/status", signed("ada", "GET", "/api/status"));
  assertEquals([status, JSON.parse(body).detail], [
    401,
    "the proxy is not trusted: 127.0.0.1 is not in auth.proxy.trusted_ips",
  ]);
});

Deno.test("a browser that reaches the hub over https through a proxy gets the cookie for https", async () => {
  await using hub = await hubWeb({ config: CONFIG });
  const body = JSON.stringify({ token: hub.token });
  const { status, headers } = await pass(hub, "POST", "/api/sign-in", { origin: `https://${HOST}` }, body);
  assertEquals(status, 200);
  assertMatch(headers.get("set-cookie")!, /^__Host-claustrum_sign_in=[^;]+; Path=\/; .*; Secure$/);
  assertMatch(headers.get("strict-transport-security")!, /^max-age=\d+$/);
  const [cookie = ""] = headers.get("set-cookie")!.split(";");
  assertEquals((await pass(hub, "GET", "/api/status", { cookie })).status, 200);
});

Deno.test("who is no trusted proxy cannot say that a browser came over https, or from elsewhere", async () => {
  await using hub = await hubWeb();
  const headers = { "x-forwarded-proto": "https", "x-forwarded-for": "10.1.2.3", origin: hub.origin };
  const { setCookie } = await hub.signIn({ token: hub.token }, headers);
  assertMatch(setCookie, /^claustrum_sign_in=/);
  assertEquals(hub.store.signIns.list(Date.now())[0]?.address, "127.0.0.1");
});

Deno.test("a trusted proxy tells the address of the browser: the last of the list, which it has added itself", async () => {
  await using hub = await hubWeb({ config: CONFIG });
  const path = "/api/sessions/s/stop";
  const headers = { ...signed("ada", "POST", path), origin: `https://${HOST}`, "x-forwarded-for": "6.6.6.6, 10.1.2.3" };
  await pass(hub, "POST", path, headers);
  assertEquals(hub.store.audit.list({ limit: 1 })[0]?.address, "10.1.2.3");
});

Deno.test("a cookie that was given over http does not count as one over https, which needs no page key", async () => {
  await using hub = await hubWeb({ config: CONFIG });
  const { cookie, headers } = await hub.signIn({ token: hub.token });
  assertEquals((await hub.request("/api/sessions", { headers })).status, 200);
  // A server that an agent has started gets the cookie of every browser that visits it, and may be as near as the proxy.
  assertEquals((await pass(hub, "GET", "/api/sessions", { cookie: `__Host-${cookie}` })).status, 401);
});

Deno.test("a cookie that was given over https does not count over http", async () => {
  await using hub = await hubWeb({ config: CONFIG });
  const https = { "x-forwarded-proto": "https", origin: hub.origin.replace("http:", "https:") };
  const { cookie, pageKey } = await hub.signIn({ token: hub.token }, https);
  assertEquals((await pass(hub, "GET", "/api/sessions", { cookie })).status, 200);
  const overHttp = { cookie: cookie.replace("__Host-", ""), "x-claustrum-page": pageKey };
  assertEquals((await hub.request("/api/sessions", { headers: overHttp })).status, 401);
});

Deno.test("a password that a trusted proxy has asked for does not keep its user out", async () => {
  await using hub = await hubWeb({ config: CONFIG });
  const signature = signed("ada", "GET", "/api/sessions");
  const status = async (headers: RequestHeaders) => (await pass(hub, "GET", "/api/sessions", headers)).status;
  assertEquals(await status({ ...signature, authorization: "Basic YWRhOnNlY3JldA==" }), 200);
  assertEquals(await status({ authorization: "Basic YWRhOnNlY3JldA==" }), 401);
  assertEquals(await status({ ...signature, authorization: "Bearer wrong" }), 401);
  assertEquals(await status({ ...signature, authorization: "Bearer" }), 401);
});

for (
  const [forwarded, address] of [
    ["203.0.113.7", "203.0.113.7"],
    ["198.51.100.1, 203.0.113.7:50123", "203.0.113.7"],
    ["[2001:db8::1]:50123", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
    ["unknown", "unknown"],
  ] as const
) {
  Deno.test(`the address that a trusted proxy tells as ${forwarded} is ${address}`, async () => {
    await using hub = await hubWeb({ config: CONFIG });
    await hub.signIn({ token: hub.token }, { "x-forwarded-for": forwarded });
    const { json: [{ address: shown }] } = await hub.request("/api/sign-ins", { headers: hub.owner });
    assertEquals(shown, address);
  });
}

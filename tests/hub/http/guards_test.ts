import { assertEquals, assertStringIncludes } from "@std/assert";
import { hubWeb, type RequestHeaders, type TestHubWeb } from "../../helpers/hub_web.ts";
import { rawRequest, UPGRADE } from "../../helpers/raw_http.ts";

const EVIL = "http://evil.example";

/** The status of a request that names a host; `{port}` stands for the hub's port. */
async function statusFor(
  hub: TestHubWeb,
  host: string,
  headers: RequestHeaders = {},
  path = "/api/status",
): Promise<number> {
  const named = host.replace("{port}", `${hub.port}`);
  return (await hub.raw(rawRequest("GET", path, { host: named, ...hub.owner, ...headers }))).status;
}

/** The status of a request for a WebSocket. */
async function upgradeStatus(hub: TestHubWeb, headers: RequestHeaders, path = "/ws/dashboard"): Promise<number> {
  return (await hub.raw(rawRequest("GET", path, { host: `127.0.0.1:${hub.port}`, ...UPGRADE, ...headers }))).status;
}

for (
  const [host, status] of [
    ["127.0.0.1:{port}", 200],
    ["localhost:{port}", 200],
    ["LOCALHOST:{port}", 200],
    ["[::1]:{port}", 200],
    ["127.0.0.2:{port}", 200],
    ["localhost", 200],
    ["localhost:1", 200],
    ["hub.example.org", 200],
    ["hub.example.org:{port}", 200],
    ["other.example.org:7000", 200],
    ["other.example.org:7001", 421],
    ["other.example.org", 421],
    ["evil.example", 421],
    ["evil.example:{port}", 421],
    ["localhost.evil.example:{port}", 421],
    ["127.0.0.1.evil.example:{port}", 421],
    ["evil.example@localhost:{port}", 421],
    ["localhost.:{port}", 421],
    ["192.168.0.1:{port}", 421],
    ["", 421],
  ] as const
) {
  Deno.test(`a request for the host ${JSON.stringify(host)} is answered with ${status}`, async () => {
    const config = 'auth.allowed_hosts = ["hub.example.org", "other.example.org:7000"]\n';
    await using hub = await hubWeb({ config });
    assertEquals(await statusFor(hub, host), status);
  });
}

Deno.test("a foreign host is refused at every route, whoever asks, before anything else", async () => {
  await using hub = await hubWeb();
  for (const path of ["/", "/healthz", "/metrics", "/api/openapi.json", "/nowhere", "/api/events", "/ws/dashboard"]) {
    assertEquals(await statusFor(hub, "evil.example", {}, path), 421, path);
  }
  const reply = await hub.raw(rawRequest("GET", "/healthz", { host: "evil.example" }));
  assertEquals(
    JSON.parse(reply.body).detail,
    'the host "evil.example" is none of this hub\'s: add it to auth.allowed_hosts',
  );
  assertEquals(await statusFor(hub, "evil.example", UPGRADE, `/ws/dashboard?token=${hub.token}`), 421);
});

Deno.test("a request without a host, or with two, is refused", async () => {
  await using hub = await hubWeb();
  const { authorization } = hub.owner;
  const old = await hub.raw(`GET /api/status HTTP/1.0\r\nauthorization: ${authorization}\r\n\r\n`);
  assertEquals(old.status, 421);
  const two = `GET /api/status HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n` +
    `authorization: ${authorization}\r\n\r\n`;
  assertEquals((await hub.raw(two)).status >= 400, true);
});

Deno.test("the address of the request line does not stand for the host", async () => {
  await using hub = await hubWeb();
  const line = (target: string, host: string) =>
    `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\nauthorization: ${hub.owner.authorization}\r\n\r\n`;
  assertEquals((await hub.raw(line("http://localhost/api/status", "evil.example"))).status, 421);
});

Deno.test("a page of another site cannot look, change or listen with a browser's cookie", async () => {
  await using hub = await hubWeb();
  const { headers, cookie } = await hub.signIn({ token: hub.token });
  for (
    const origin of [
      EVIL,
      "null",
      `http://localhost:${hub.port}`,
      `https://127.0.0.1:${hub.port}`,
      "http://127.0.0.1",
      "",
    ]
  ) {
    const foreign = { ...headers, origin };
    const look = await hub.request("/api/sessions", { headers: foreign });
    assertEquals([origin, look.status], [origin, 403]);
    const change = await hub.request("/api/sessions/s/stop", { method: "POST", headers: foreign });
    assertEquals(change.status, 403);
    assertEquals((await hub.request("/api/events", { headers: foreign })).status, 403);
    assertEquals(await upgradeStatus(hub, { cookie, origin }), 403);
  }
  assertEquals(hub.sessions.get("s").status, "idle");
});

Deno.test("a page of another site cannot sign a browser in", async () => {
  await using hub = await hubWeb();
  const reply = await hub.request("/api/sign-in", {
    method: "POST",
    json: { token: hub.token },
    headers: { origin: EVIL },
  });
  assertEquals([reply.status, reply.headers.get("set-cookie")], [403, null]);
  assertEquals(reply.json.detail, 'pages of "http://evil.example" may not talk to this hub');
});

Deno.test("a token is enough whatever page sends it", async () => {
  await using hub = await hubWeb();
  const headers = { ...hub.owner, origin: EVIL };
  assertEquals((await hub.request("/api/sessions/s/stop", { method: "POST", headers })).status, 200);
  assertEquals(await upgradeStatus(hub, headers), 101);
  assertEquals(await upgradeStatus(hub, { origin: EVIL }, `/ws/dashboard?token=${hub.token}`), 101);
});

Deno.test("a WebSocket is refused before it is accepted", async () => {
  await using hub = await hubWeb();
  assertEquals(await upgradeStatus(hub, {}), 401);
  assertEquals(await upgradeStatus(hub, { authorization: "Bearer wrong" }), 401);
  assertEquals(await upgradeStatus(hub, {}, "/ws/dashboard?token=wrong"), 401);
  assertEquals(await upgradeStatus(hub, {}, "/ws/dashboard?token="), 401);
  assertEquals(await upgradeStatus(hub, hub.owner, "/ws/dashboard?after=1"), 422);
  assertEquals(await upgradeStatus(hub, {}, `/ws/dashboard?token=${hub.token}&token=${hub.token}`), 422);
  assertEquals(await upgradeStatus(hub, { ...hub.owner, connection: "close" }), 400);
});

Deno.test("a token in the query counts nowhere but for the dashboard's WebSocket", async () => {
  await using hub = await hubWeb();
  for (const path of ["/api/sessions", "/api/events", "/api/openapi.json"]) {
    assertEquals((await hub.request(`${path}?token=${hub.token}`)).status, 401);
  }
});

Deno.test("without sign-in everybody on this machine may do all", async () => {
  await using hub = await hubWeb({ config: "auth.disabled = true\n" });
  assertEquals((await hub.request("/api/status")).status, 200);
  assertEquals((await hub.request("/api/sessions/s/stop", { method: "POST" })).status, 200);
  assertEquals(await upgradeStatus(hub, {}), 101);
  const own = { origin: hub.origin };
  assertEquals((await hub.request("/api/sessions/s/stop", { method: "POST", headers: own })).status, 200);
  assertEquals(await upgradeStatus(hub, own), 101);
  const [entry] = hub.store.audit.list({ limit: 1 });
  assertEquals([entry?.who, entry?.way], ["nobody", "nobody"]);
});

Deno.test("without sign-in pages of other sites may do nothing", async () => {
  await using hub = await hubWeb({ config: "auth.disabled = true\n" });
  for (const origin of [EVIL, "null"]) {
    const headers = { origin };
    assertEquals((await hub.request("/api/status", { headers })).status, 403);
    assertEquals((await hub.request("/api/sessions/s/stop", { method: "POST", headers })).status, 403);
    assertEquals((await hub.request("/api/events", { headers })).status, 403);
    assertEquals(await upgradeStatus(hub, headers), 403);
  }
  assertEquals(await statusFor(hub, "evil.example", { authorization: "" }), 421);
});

Deno.test("without sign-in a wrong token is wrong all the same", async () => {
  await using hub = await hubWeb({ config: "auth.disabled = true\n" });
  assertEquals((await hub.request("/api/status", { headers: { authorization: "Bearer wrong" } })).status, 401);
});

Deno.test("the health of the hub is shown to everybody, and more of it to who has signed in", async () => {
  await using hub = await hubWeb();
  assertEquals((await hub.request("/healthz")).text, '{"status":"ok"}');
  assertEquals((await hub.request("/healthz", { headers: { authorization: "Bearer wrong" } })).text, '{"status":"ok"}');
  const { json } = await hub.request("/healthz", { headers: hub.apiToken("wall", true) });
  assertEquals([json.status, json.name, json.sessions], ["ok", "here", { idle: 1 }]);
});

Deno.test("what refuses a request is a sentence in a problem document", async () => {
  await using hub = await hubWeb();
  const { headers, text } = await hub.request("/api/sessions");
  assertEquals(headers.get("content-type"), "application/problem+json");
  assertStringIncludes(text, '"status":401');
});

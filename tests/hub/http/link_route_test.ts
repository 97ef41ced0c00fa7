import { assertEquals, assertMatch } from "@std/assert";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { hubWeb, type RequestHeaders, type TestHubWeb } from "../../helpers/hub_web.ts";
import { rawRequest, UPGRADE } from "../../helpers/raw_http.ts";

/** The status of a request for the WebSocket of hosts. */
async function statusFor(hub: TestHubWeb, headers: RequestHeaders, path = "/ws/daemon"): Promise<number> {
  const host = `127.0.0.1:${hub.port}`;
  return (await hub.raw(rawRequest("GET", path, { host, ...UPGRADE, ...headers }))).status;
}

const withKey = (key: string): RequestHeaders => ({ "x-api-key": key });

Deno.test("/ws/daemon takes a host's key, and nothing else", async () => {
  await using hub = await hubWeb();
  const key = hub.hosts.createKey("box");
  const browser = await hub.signIn({ token: hub.token });
  const { token: apiToken } = hub.access.createToken("phone", false);
  const table: readonly (readonly [string, RequestHeaders, number])[] = [
    ["no key", {}, 401],
    ["an empty key", withKey(""), 401],
    ["a wrong key", withKey(`${key}x`), 401],
    ["the hub's token", hub.owner, 401],
    ["the hub's token as a key", withKey(hub.token), 401],
    ["an API token as a key", withKey(apiToken), 401],
    ["the key as a bearer", { authorization: `Bearer ${key}` }, 401],
    ["a browser", { cookie: browser.cookie, origin: hub.origin }, 403],
    ["a foreign page with the key", { ...withKey(key), origin: "http://evil.example" }, 403],
    ["our page with the key", { ...withKey(key), origin: hub.origin }, 403],
    ["a page without an origin with the key", { ...withKey(key), origin: "null" }, 403],
    ["another host's name", { ...withKey(key), host: "evil.example" }, 421],
    ["no upgrade", { ...withKey(key), upgrade: "h2c" }, 426],
    ["half an upgrade", { ...withKey(key), connection: "close" }, 400],
    ["the key", withKey(key), 101],
  ];
  for (const [who, headers, status] of table) assertEquals([who, await statusFor(hub, headers)], [who, status]);
});

Deno.test("the key of a host is good for its own line alone", async () => {
  await using hub = await hubWeb();
  const key = hub.hosts.createKey("box");
  for (const headers of [withKey(key), { authorization: `Bearer ${key}` }]) {
    for (const path of ["/api/sessions", "/api/status", "/api/hosts", "/api/events", "/api/openapi.json"]) {
      assertEquals([path, (await hub.request(path, { headers })).status], [path, 401]);
    }
    assertEquals(await statusFor(hub, headers, "/ws/dashboard"), 401);
    assertEquals(await statusFor(hub, headers, "/ws/terminal/s"), 401);
    const change = await hub.request("/api/sessions/s/stop", { method: "POST", headers });
    assertEquals(change.status, 401);
  }
  assertEquals(await statusFor(hub, {}, `/ws/dashboard?token=${key}`), 401);
  assertEquals((await hub.request("/api/sign-in", { method: "POST", json: { token: key } })).status, 401);
  assertEquals(await statusFor(hub, {}, `/ws/daemon?token=${key}`), 401);
  assertEquals(await statusFor(hub, withKey(key), "/ws/daemon?host=other"), 422);
});

Deno.test("a key that was revoked, or whose host was removed, is a wrong one", async () => {
  await using hub = await hubWeb();
  const [key, other] = [hub.hosts.createKey("box"), hub.hosts.createKey("other")];
  hub.hosts.revokeKey("box");
  await hub.hosts.remove("other");
  assertEquals([await statusFor(hub, withKey(key)), await statusFor(hub, withKey(other))], [401, 401]);
  hub.hosts.add({ name: "other", address: "link" });
  assertEquals(await statusFor(hub, withKey(other)), 401);
});

Deno.test("who guesses keys has to wait, and hosts with right ones and people need not", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const key = hub.hosts.createKey("box");
  for (let attempt = 0; attempt < 5; attempt++) assertEquals(await statusFor(hub, withKey(`wrong${attempt}`)), 401);
  const refused = await hub.raw(
    rawRequest("GET", "/ws/daemon", { host: `127.0.0.1:${hub.port}`, ...UPGRADE, ...withKey("wrong") }),
  );
  assertEquals([refused.status, refused.headers.get("retry-after")], [429, "1"]);
  assertEquals(await statusFor(hub, withKey(key)), 101);
  await hub.signIn({ token: hub.token });
});

Deno.test("only the hash of a key is stored, and the key is told once", async () => {
  await using hub = await hubWeb();
  const headers = hub.owner;
  const made = await hub.request("/api/hosts/box/key", { method: "POST", headers });
  assertEquals([made.status, made.json.name], [201, "box"]);
  assertMatch(made.json.key, /^clhk_[A-Za-z0-9_-]{43}$/);
  const again = await hub.request("/api/hosts/box/key", { method: "POST", headers });
  assertEquals([again.status, again.text.includes(made.json.key)], [409, false]);
  const stored = JSON.stringify(hub.store.audit.list({ limit: 10 })) + hub.log();
  assertEquals(stored.includes(made.json.key), false);
  assertEquals((await hub.request("/api/hosts/box", { headers })).json.line, "link");
  assertEquals((await hub.request("/api/hosts/box/key", { method: "DELETE", headers })).status, 200);
  assertEquals((await hub.request("/api/hosts/box/key", { method: "DELETE", headers })).status, 404);
});

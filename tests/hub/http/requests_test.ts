import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { OPERATIONS } from "../../../lib/hub/operations.ts";
import { hubWeb } from "../../helpers/hub_web.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { rawRequest, UPGRADE } from "../../helpers/raw_http.ts";

for (
  const [path, detail] of [
    ["/api/sessions?activ=true", 'there is no field "activ"'],
    ["/api/sessions?active=1", '"active": expected boolean but received "1"'],
    ["/api/sessions?active=true&active=true", 'the query has "active" twice'],
    ["/api/sessions/s/events?limit=0", '"limit": must be at least 1'],
    ["/api/sessions/s/events?limit=501", '"limit": must be at most 500'],
    ["/api/sessions/s/events?limit=-1", '"limit": expected number but received "-1"'],
    ["/api/sessions/s/events?limit=1e2", '"limit": expected number but received "1e2"'],
    ["/api/sessions/s/events?limit=", '"limit": expected number but received ""'],
    ["/api/sessions/s/events?after=99999999999999999", '"after": expected number but received "99999999999999999"'],
    ["/api/sessions/s/events?session_name=t", 'the body says another "session_name" than the path'],
    ["/api/sessions/s/events?__proto__=1", 'there is no field "__proto__"'],
    ["/api/events/x", '"event_id": expected number but received "x"'],
    ["/api/search", 'the field "query" is missing'],
    ["/api/search?query=", '"query": must not be empty'],
    ["/api/status?verbose=true", 'there is no field "verbose"'],
    ["/api/openapi.json?pretty", 'there is no field "pretty"'],
    ["/api/events?from=1", 'there is no field "from"'],
    ["/api/events?after=7", "there is no event 7 yet: the newest one is 0"],
    ["/api/events?sessions=s,", '"sessions" has an empty name'],
  ] as const
) {
  Deno.test(`GET ${path} is refused with 422`, async () => {
    await using hub = await hubWeb();
    const { status, json } = await hub.request(path, { headers: hub.owner });
    assertEquals([status, json?.detail], [422, detail]);
  });
}

Deno.test("a change takes its parameters from the body alone", async () => {
  await using hub = await hubWeb();
  const { status, json } = await hub.request("/api/sessions/s/stop?confirm=yes", {
    method: "POST",
    headers: hub.owner,
  });
  assertEquals([status, json.detail], [422, 'the query has "confirm": parameters belong into the body']);
});

for (
  const [method, path, status, code, title] of [
    ["GET", "/api/sessions", 401, -32001, "Unauthorized"],
    ["POST", "/api/sessions/s/prompts/p/move", 403, -32010, "Forbidden"],
    ["GET", "/api/sessions/none", 404, -32004, "Not Found"],
    ["GET", "/nowhere", 404, -32004, "Not Found"],
    ["PATCH", "/api/sessions/s/prompts/p", 409, -32009, "Conflict"],
    ["GET", "/api/search", 422, -32602, "Unprocessable Content"],
    ["POST", "/api/sessions/s/attach", 500, -32603, "Internal Server Error"],
    ["POST", "/api/sessions/s/interrupt", 503, -32011, "Service Unavailable"],
    ["PUT", "/api/sessions", 405, -32601, "Method Not Allowed"],
    ["GET", "/ws/dashboard", 426, -32602, "Upgrade Required"],
  ] as const
) {
  Deno.test(`${method} ${path} fails with ${status}, the code ${code} and a sentence`, async () => {
    await using hub = await hubWeb();
    const bodies: Readonly<Record<string, unknown>> = { PATCH: { prompt: "x" }, POST: {} };
    const json = path.endsWith("/move") ? { position: 1 } : bodies[method];
    const headers = status === 401 ? {} : hub.owner;
    const reply = await hub.request(path, { method, headers, ...(json === undefined ? {} : { json }) });
    const { detail, ...others } = reply.json;
    assertEquals(reply.status, status);
    assertEquals(reply.headers.get("content-type"), "application/problem+json");
    assertEquals(others, { status, title, code });
    assertMatch(detail, /^\S.*\S$/);
  });
}

Deno.test("a bug is told to the log and not to the client", async () => {
  await using hub = await hubWeb();
  const { json } = await hub.request("/api/sessions/s/attach", { method: "POST", headers: hub.owner });
  assertEquals(json.detail, "internal error: the log of the hub says more");
  assertStringIncludes(hub.log(), "TypeError: a bug");
});

Deno.test("a wrong method is refused with those that are right", async () => {
  await using hub = await hubWeb();
  const right = new Map<string, string[]>();
  for (const { http } of OPERATIONS) {
    if (http !== undefined) right.set(http.path, [...right.get(http.path) ?? [], http.method]);
  }
  // A project may be named "clone".
  right.get("/api/projects/clone")!.push("GET");
  for (const [path, methods] of right) {
    const allow = methods.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", ");
    for (const method of ["PUT", "OPTIONS"].filter((each) => !methods.includes(each))) {
      const reply = await hub.request(path, { method });
      assertEquals([reply.status, reply.headers.get("allow")], [405, allow], `${method} ${path}`);
      assertEquals(reply.json.detail, `${path} takes ${allow}, not ${method}`);
    }
  }
});

Deno.test("no page of another site is told that it may read", async () => {
  await using hub = await hubWeb();
  const headers = { origin: "http://evil.example", "access-control-request-method": "GET", ...hub.owner };
  for (const method of ["OPTIONS", "GET"]) {
    const reply = await hub.request("/api/sessions", { method, headers });
    const cors = [...reply.headers.keys()].filter((name) => name.startsWith("access-control-"));
    assertEquals(cors, []);
  }
});

Deno.test("HEAD answers like GET, without a body", async () => {
  await using hub = await hubWeb();
  for (const path of ["/healthz", "/api/sessions", "/api/sessions/none", "/api/openapi.json", "/nowhere"]) {
    const [get, head] = [
      await hub.request(path, { headers: hub.owner }),
      await hub.request(path, { method: "HEAD", headers: hub.owner }),
    ];
    const plain = ({ headers }: { headers: Headers }) =>
      [...headers].filter(([name]) => !["date", "content-length", "vary"].includes(name));
    assertEquals([head.status, head.text, plain(head)], [get.status, "", plain(get)], path);
  }
});

Deno.test("HEAD of what never ends is refused, and follows nothing", async () => {
  await using hub = await hubWeb();
  const reply = await hub.request("/api/events", { method: "HEAD", headers: hub.owner });
  assertEquals([reply.status, reply.headers.get("allow"), hub.sessions.listeners], [405, "GET", 0]);
  const headers = { host: "localhost", ...hub.owner, ...UPGRADE };
  assertEquals((await hub.raw(rawRequest("HEAD", "/ws/dashboard", headers))).status, 405);
});

Deno.test("all routes are also found below the base path, and nothing else is", async () => {
  await using hub = await hubWeb({ config: 'base_path = "/my/hub"\n' });
  assertEquals(hub.url, `${hub.origin}/my/hub`);
  const statusAt = async (path: string) =>
    (await hub.raw(rawRequest("GET", path, { host: "localhost", ...hub.owner }))).status;
  for (const path of ["/healthz", "/api/sessions", "/api/sessions/s/events", "/api/openapi.json"]) {
    assertEquals([await statusAt(path), await statusAt(`/my/hub${path}`)], [200, 200], path);
  }
  for (const path of ["/my/api/sessions", "/my/hub/my/hub/healthz", "/my/hubs/healthz", "/my/hubhealthz"]) {
    assertEquals(await statusAt(path), 404, path);
  }
  const { json } = await hub.request("/api/openapi.json", { headers: hub.owner });
  assertEquals(json.servers, [{ url: "/my/hub" }]);
  await using live = await hub.live(`/ws/dashboard`, hub.owner);
  live.send({ type: "subscribe" });
  await live.message("the snapshot", ({ type }) => type === "snapshot");
  assertEquals((await hub.signIn({ token: hub.token })).setCookie.includes("; Path=/;"), true);
});

for (
  const [name, encoded] of [
    ["a b", "a%20b"],
    ["a/b", "a%2Fb"],
    ["a%b", "a%25b"],
    ["a?b#c", "a%3Fb%23c"],
    ["naïve-日本", "na%C3%AFve-%E6%97%A5%E6%9C%AC"],
    ["a+b", "a+b"],
    ["%2e%2e", "%252e%252e"],
    ["%zz", "%zz"],
    ["..x", "..x"],
  ] as const
) {
  Deno.test(`the path ${encoded} names the session ${JSON.stringify(name)}`, async () => {
    const sessions = new MemorySessions();
    sessions.create("1", { name });
    await using hub = await hubWeb({ sessions });
    const headers = { host: "localhost", ...hub.owner };
    const one = await hub.raw(rawRequest("GET", `/api/sessions/${encoded}`, headers));
    assertEquals([one.status, JSON.parse(one.body).name], [200, name]);
    const events = await hub.raw(rawRequest("GET", `/api/sessions/${encoded}/events`, headers));
    assertEquals([events.status, events.body], [200, "[]"]);
    const query = await hub.raw(rawRequest("GET", `/api/search?query=${encoded.replace("+", "%2B")}`, headers));
    assertEquals(query.status, 200);
  });
}

Deno.test("a path that leaves its directory leads nowhere", async () => {
  await using hub = await hubWeb();
  for (
    const path of ["/api/sessions/%2e%2e/%2e%2e/etc/passwd", "/api/sessions//events", "/api/sessions/", "//healthz"]
  ) {
    const { status } = await hub.raw(rawRequest("GET", path, { host: "localhost", ...hub.owner }));
    assertEquals(status, 404, path);
  }
});

Deno.test("a response that is data is stored, guessed, embedded and framed nowhere", async () => {
  await using hub = await hubWeb();
  const csp = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";
  const headers = { ...hub.owner };
  const replies = [
    await hub.request("/api/sessions", { headers }),
    await hub.request("/api/sessions"),
    await hub.request("/nowhere"),
    await hub.request("/healthz"),
    await hub.request("/api/sessions", { method: "PUT" }),
    await hub.request("/api/openapi.json", { headers }),
    await hub.request("/api/sign-in", { method: "POST", json: { token: hub.token } }),
    await hub.request("/api/sessions/s/attach", { method: "POST", headers }),
  ];
  const events = await hub.open("/api/events", { headers });
  await events.body?.cancel();
  for (const { status, headers } of [...replies, events]) {
    assertEquals(headers.get("x-content-type-options"), "nosniff", `${status}`);
    assertEquals(headers.get("content-security-policy"), csp);
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("referrer-policy"), "same-origin");
    assertEquals(headers.get("cross-origin-resource-policy"), "same-origin");
    assertEquals(headers.get("strict-transport-security"), null);
    assertEquals(headers.get("server"), null);
    assert(headers.has("content-type"));
  }
  const misdirected = await hub.raw(rawRequest("GET", "/", { host: "evil.example" }));
  assertEquals([misdirected.headers.get("cache-control"), misdirected.headers.get("content-security-policy")], [
    "no-store",
    csp,
  ]);
});

Deno.test("over https, and there alone, browsers are told to use nothing else", async () => {
  await using hub = await hubWeb({ isTls: true });
  for (const path of ["/healthz", "/api/sessions", "/nowhere"]) {
    const { headers } = await hub.request(path);
    assertEquals(headers.get("strict-transport-security"), "max-age=31536000");
  }
});

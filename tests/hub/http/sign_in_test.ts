import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { hubWeb, type TestHubWeb, type WebReply } from "../../helpers/hub_web.ts";

/** The password "password", in a hash that takes little time. */
const PASSWORD =
  'auth.password_hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"\n';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function signInReply(hub: TestHubWeb, credentials: object): Promise<WebReply> {
  return hub.request("/api/sign-in", { method: "POST", json: credentials });
}

async function statusWith(hub: TestHubWeb, headers: Record<string, string>): Promise<number> {
  return (await hub.request("/api/status", { headers })).status;
}

Deno.test("the hub's token signs a browser in", async () => {
  await using hub = await hubWeb();
  const { json, pageKey, headers } = await hub.signIn({ token: hub.token });
  assertEquals(json, { page_key: pageKey, user: "token", way: "token", read_only: false });
  assertMatch(pageKey, /^[\w-]{43}$/);
  assertEquals(await statusWith(hub, headers), 200);
});

Deno.test("an API token signs a browser in under the token's name, with the token's rights", async () => {
  await using hub = await hubWeb();
  const full = await hub.signIn({ token: hub.access.createToken("laptop", false).token });
  const reader = await hub.signIn({ token: hub.access.createToken("wall", true).token });
  assertEquals([full.json.user, full.json.read_only], ["laptop", false]);
  assertEquals([reader.json.user, reader.json.read_only], ["wall", true]);
});

Deno.test("the code of a sign-in link signs in once", async () => {
  await using hub = await hubWeb();
  const { code, url } = hub.access.createLink();
  assertEquals(url, `${hub.url}/#code=${code}`);
  assertEquals((await hub.signIn({ code })).json.user, "owner");
  const { status, json } = await signInReply(hub, { code });
  assertEquals([status, json.detail], [
    401,
    "that link was used already, or is older than ten minutes: claustrum hub open makes another one",
  ]);
});

Deno.test("the code of a sign-in link signs nobody in after ten minutes", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const [late, early] = [hub.access.createLink().code, hub.access.createLink().code];
  clock.advance(10 * MINUTE_MS - 1);
  assertEquals((await signInReply(hub, { code: early })).status, 200);
  clock.advance(1);
  assertEquals((await signInReply(hub, { code: late })).status, 401);
});

Deno.test("the password signs a browser in, under the name that the person says", async () => {
  await using hub = await hubWeb({ config: PASSWORD });
  const { json, headers } = await hub.signIn({ password: "password" });
  assertEquals([json.user, json.way, json.read_only], ["owner", "password", false]);
  assertEquals(await statusWith(hub, headers), 200);
  assertEquals((await hub.signIn({ password: "password", user: "ada" })).json.user, "ada");
  assertEquals((await signInReply(hub, { password: "Password" })).status, 401);
  assertEquals(hub.store.audit.list({ limit: 3 }).map(({ who, way, result }) => [who, way, result]), [
    ["guest", "nobody", "unauthenticated"],
    ["ada", "password", "ok"],
    ["owner", "password", "ok"],
  ]);
});

Deno.test("the right password gives an address its five attempts again", async () => {
  await using hub = await hubWeb({ config: PASSWORD, clock: fakeClock() });
  const statuses = async (passwords: readonly string[]) => {
    const all: number[] = [];
    for (const password of passwords) all.push((await signInReply(hub, { password })).status);
    return all;
  };
  assertEquals(await statuses(["a", "b", "c", "d", "password"]), [401, 401, 401, 401, 200]);
  assertEquals(await statuses(["a", "b", "c", "d", "e", "password"]), [401, 401, 401, 401, 401, 429]);
});

for (
  const [credentials, status, detail] of [
    [{ token: "x".repeat(43) }, 401, "that token is wrong: claustrum hub token prints the right one"],
    [{ code: "x" }, 401, "that link was used already, or is older than ten minutes"],
    [{ password: "x" }, 401, "that password is wrong"],
    [{}, 422, "sign in with either a token, a password or a code"],
    [{ token: "x", code: "x" }, 422, "sign in with either a token, a password or a code"],
    [{ token: "" }, 422, '"token": '],
    [{ token: "x".repeat(1025) }, 422, '"token": '],
    [{ pasword: "x" }, 422, 'there is no field "pasword"'],
  ] as const
) {
  Deno.test(`a sign-in with ${JSON.stringify(credentials).slice(0, 60)} is answered with ${status}`, async () => {
    await using hub = await hubWeb();
    const { status: received, headers, json } = await signInReply(hub, credentials);
    assertEquals([received, headers.get("set-cookie")], [status, null]);
    assertStringIncludes(json.detail, detail);
  });
}

Deno.test("the cookie of a sign-in over http is for this host alone, and no script reads it", async () => {
  await using hub = await hubWeb();
  const { setCookie } = await hub.signIn({ token: hub.token });
  assertMatch(setCookie, /^claustrum_sign_in=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/);
});

Deno.test("the cookie of a sign-in over https is never sent over http", async () => {
  await using hub = await hubWeb({ isTls: true });
  const { setCookie } = await hub.signIn({ token: hub.token });
  const pattern = /^__Host-claustrum_sign_in=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure$/;
  assertMatch(setCookie, pattern);
});

Deno.test("a cookie over http counts with the page's own key only", async () => {
  await using hub = await hubWeb();
  const { headers } = await hub.signIn({ token: hub.token });
  const other = await hub.signIn({ token: hub.token });
  const { "x-claustrum-page": _key, ...keyless } = headers;
  assertEquals(await statusWith(hub, headers), 200);
  assertEquals(await statusWith(hub, keyless), 401);
  assertEquals(await statusWith(hub, { ...headers, "x-claustrum-page": other.pageKey }), 401);
  const { json } = await hub.request("/api/status", { headers: keyless });
  assertEquals(json.detail, "the cookie counts with the header x-claustrum-page only: sign in again");
});

Deno.test("a cookie over https counts without the page's key", async () => {
  await using hub = await hubWeb({ isTls: true });
  const { cookie } = await hub.signIn({ token: hub.token });
  assertEquals(await statusWith(hub, { cookie }), 200);
});

Deno.test("a cookie of the one scheme does not count with the other's name", async () => {
  await using plain = await hubWeb();
  const { headers, cookie } = await plain.signIn({ token: plain.token });
  assertEquals(await statusWith(plain, { ...headers, cookie: `__Host-${cookie}` }), 401);
  await using secure = await hubWeb({ isTls: true });
  const { cookie: secureCookie } = await secure.signIn({ token: secure.token });
  assertEquals(await statusWith(secure, { cookie: secureCookie.replace("__Host-", "") }), 401);
});

Deno.test("a sign-in ends after seven days without use", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const { headers } = await hub.signIn({ token: hub.token });
  clock.advance(7 * DAY_MS - 1);
  assertEquals(await statusWith(hub, headers), 200);
  clock.advance(7 * DAY_MS);
  assertEquals(await statusWith(hub, headers), 401);
});

Deno.test("a browser that is used every hour stays signed in, and gets its cookie anew in time", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const { headers, cookie } = await hub.signIn({ token: hub.token });
  let sinceCookie = 0;
  for (let hours = 0; hours < 15 * 24; hours++) {
    clock.advance(HOUR_MS);
    const reply = await hub.request("/api/status", { headers });
    assertEquals(reply.status, 200);
    const renewed = reply.headers.get("set-cookie");
    sinceCookie = renewed === null ? sinceCookie + HOUR_MS : 0;
    if (renewed !== null) assertStringIncludes(renewed, `${cookie}; Path=/; Max-Age=604800;`);
    assertEquals(sinceCookie <= DAY_MS, true, "the browser forgets its cookie seven days after it got it");
  }
});

Deno.test("a cookie without the page's key does not make a sign-in last longer", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const { headers, cookie } = await hub.signIn({ token: hub.token });
  clock.advance(6 * DAY_MS);
  const reply = await hub.request("/api/status", { headers: { cookie } });
  assertEquals([reply.status, reply.headers.get("set-cookie")], [401, null]);
  clock.advance(DAY_MS);
  assertEquals(await statusWith(hub, headers), 401);
});

Deno.test("after five wrong sign-ins the next one is told how long to wait, and a right token still signs in", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  for (let i = 0; i < 5; i++) assertEquals((await signInReply(hub, { token: "wrong" })).status, 401);
  const { status, headers, json } = await signInReply(hub, { code: "wrong" });
  assertEquals([status, headers.get("retry-after"), json], [429, "1", {
    status: 429,
    title: "Too Many Requests",
    detail: "too many failed sign-ins: try again in 1 s",
    code: -32012,
  }]);
  assertEquals((await signInReply(hub, { token: hub.token })).status, 200);
  clock.advance(1_000);
  assertEquals((await signInReply(hub, { token: "wrong" })).status, 401);
  assertEquals((await signInReply(hub, { token: "wrong" })).headers.get("retry-after"), "2");
});

Deno.test("who signs in with a token gets no more attempts at the password by that", async () => {
  await using hub = await hubWeb({ clock: fakeClock() });
  const reader = hub.access.createToken("reader", true).token;
  for (let i = 0; i < 5; i++) await signInReply(hub, { password: "wrong" });
  assertEquals((await signInReply(hub, { token: reader })).status, 200);
  assertEquals((await signInReply(hub, { password: "wrong" })).status, 429);
});

Deno.test("a request with a wrong token in Authorization does not fall back to its cookie", async () => {
  await using hub = await hubWeb();
  const { headers } = await hub.signIn({ token: hub.token });
  for (const authorization of ["Bearer wrong", "Bearer", "Basic dTpw", `bearer  ${hub.token} x`]) {
    assertEquals(await statusWith(hub, { ...headers, authorization }), 401);
  }
  assertEquals(await statusWith(hub, { authorization: `bearer  ${hub.token}` }), 200);
});

Deno.test("a refusal for want of a sign-in says how to sign in", async () => {
  await using hub = await hubWeb();
  const { headers, json } = await hub.request("/api/status");
  assertEquals(headers.get("www-authenticate"), 'Bearer realm="claustrum"');
  assertStringIncludes(json.detail, "claustrum hub token prints it");
});

Deno.test("the list of sign-ins shows who signed in, how and with which browser, and no secret", async () => {
  await using hub = await hubWeb();
  const browser = await hub.signIn({ token: hub.token }, { "user-agent": "Browser/1" });
  await hub.signIn({ code: hub.access.createLink().code }, { "user-agent": "Browser/2" });
  const { json, text } = await hub.request("/api/sign-ins", { headers: browser.headers });
  const shown = json.map((each: Record<string, unknown>) => [each.user, each.way, each.agent, each.is_current]);
  assertEquals(shown.toSorted(), [["owner", "link", "Browser/2", false], ["token", "token", "Browser/1", true]]);
  const secrets = [browser.pageKey, browser.cookie.split("=")[1]!];
  assertEquals(secrets.filter((secret) => text.includes(secret)), []);
});

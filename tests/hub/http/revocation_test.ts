import { assertEquals, assertMatch } from "@std/assert";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { hubWeb, type RequestHeaders, type TestHubWeb } from "../../helpers/hub_web.ts";
import type { LiveClient } from "../../helpers/live_client.ts";
import { soon } from "../../helpers/wait.ts";

const DAY_MS = 86_400_000;
const SIGN_IN_MS = 7 * DAY_MS;
const SIGNED_OUT = { code: 1008, reason: "signed out" };

/** Opens a WebSocket of a browser, which follows everything. */
async function follow(
  hub: TestHubWeb,
  { headers, pageKey }: { headers: RequestHeaders; pageKey?: string },
): Promise<LiveClient> {
  const { "x-claustrum-page": _key, ...others } = headers;
  const live = await hub.live("/ws/dashboard", others);
  live.send({ type: "subscribe", ...(pageKey === undefined ? {} : { page_key: pageKey }) });
  await live.message("the snapshot", ({ type }) => type === "snapshot");
  return live;
}

async function post(hub: TestHubWeb, path: string, headers: RequestHeaders, json: object = {}): Promise<number> {
  return (await hub.request(path, { method: "POST", headers, json })).status;
}

async function canLook(hub: TestHubWeb, headers: RequestHeaders): Promise<boolean> {
  return (await hub.request("/api/status", { headers })).status === 200;
}

/** Whether a WebSocket still gets events. */
async function isLive(hub: TestHubWeb, live: LiveClient): Promise<boolean> {
  const { id } = hub.sessions.add("s");
  await live.message(`event ${id}`, ({ event }) => event?.id === id);
  return true;
}

Deno.test("signing out ends this sign-in and its live connections, and no others", async () => {
  await using hub = await hubWeb();
  const [browser, other] = [await hub.signIn({ token: hub.token }), await hub.signIn({ token: hub.token })];
  await using mine = await follow(hub, browser);
  await using others = await follow(hub, other);
  const reply = await hub.request("/api/sign-out", { method: "POST", headers: browser.headers });
  assertEquals([reply.status, reply.json], [200, { ok: true }]);
  assertMatch(reply.headers.get("set-cookie")!, /^claustrum_sign_in=; Path=\/; Max-Age=0;/);
  assertEquals(await mine.closed(), SIGNED_OUT);
  assertEquals(await canLook(hub, browser.headers), false);
  assertEquals(await canLook(hub, other.headers), true);
  assertEquals(await isLive(hub, others), true);
});

Deno.test("signing out everywhere ends all sign-ins and their live connections, but not those of tokens", async () => {
  await using hub = await hubWeb();
  const [browser, other] = [await hub.signIn({ token: hub.token }), await hub.signIn({ token: hub.token })];
  await using mine = await follow(hub, browser);
  await using others = await follow(hub, other);
  await using script = await follow(hub, { headers: hub.owner });
  assertEquals(await post(hub, "/api/sign-out", browser.headers, { everywhere: true }), 200);
  assertEquals([await mine.closed(), await others.closed()], [SIGNED_OUT, SIGNED_OUT]);
  assertEquals([await canLook(hub, browser.headers), await canLook(hub, other.headers)], [false, false]);
  assertEquals([await canLook(hub, hub.owner), await isLive(hub, script)], [true, true]);
});

Deno.test("who may only look can sign out, but not others", async () => {
  await using hub = await hubWeb();
  const other = await hub.signIn({ token: hub.token });
  const viewer = await hub.signIn({ token: hub.access.createToken("wall", true).token });
  assertEquals(await post(hub, "/api/sign-out", viewer.headers, { everywhere: true }), 403);
  assertEquals([await canLook(hub, viewer.headers), await canLook(hub, other.headers)], [true, true]);
  assertEquals(await post(hub, "/api/sign-out", viewer.headers), 200);
  assertEquals([await canLook(hub, viewer.headers), await canLook(hub, other.headers)], [false, true]);
});

Deno.test("ending a sign-in closes its live connections", async () => {
  await using hub = await hubWeb();
  const browser = await hub.signIn({ token: hub.token });
  await using live = await follow(hub, browser);
  const { json: [{ id }] } = await hub.request("/api/sign-ins", { headers: hub.owner });
  const path = `/api/sign-ins/${id}`;
  assertEquals((await hub.request(path, { method: "DELETE", headers: hub.owner })).status, 200);
  assertEquals(await live.closed(), SIGNED_OUT);
  assertEquals(await canLook(hub, browser.headers), false);
  assertEquals((await hub.request(path, { method: "DELETE", headers: hub.owner })).status, 404);
});

Deno.test("revoking an API token ends its live connections, and the sign-ins with it", async () => {
  await using hub = await hubWeb();
  const { token } = hub.access.createToken("wall", true);
  const headers = { authorization: `Bearer ${token}` };
  const browser = await hub.signIn({ token });
  await using script = await follow(hub, { headers });
  await using page = await follow(hub, browser);
  await using seed = await hub.live(`/ws/dashboard?token=${token}`);
  await using other = await follow(hub, { headers: hub.apiToken("other") });
  assertEquals((await hub.request("/api/tokens/wall", { method: "DELETE", headers: hub.owner })).status, 200);
  for (const live of [script, page, seed]) assertEquals(await live.closed(), SIGNED_OUT);
  assertEquals([await canLook(hub, headers), await canLook(hub, browser.headers)], [false, false]);
  assertEquals(await isLive(hub, other), true);
});

Deno.test("replacing the hub's token ends the connections and sign-ins with the former one", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const browser = await hub.signIn({ token: hub.token });
  const other = await hub.signIn({ code: hub.access.createLink().code });
  await using script = await follow(hub, { headers: hub.owner });
  await using page = await follow(hub, browser);
  await using stays = await follow(hub, other);
  clock.advance(1);
  hub.access.hubTokenReplaced(clock.now());
  for (const live of [script, page]) assertEquals(await live.closed(), SIGNED_OUT);
  assertEquals([await canLook(hub, browser.headers), await canLook(hub, other.headers)], [false, true]);
  assertEquals(await isLive(hub, stays), true);
});

Deno.test("a sign-in that expires ends its live connections", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const [browser, other] = [await hub.signIn({ token: hub.token }), await hub.signIn({ token: hub.token })];
  await using idle = await follow(hub, browser);
  await using used = await follow(hub, other);
  await using script = await follow(hub, { headers: hub.owner });
  clock.advance(SIGN_IN_MS - DAY_MS);
  assertEquals(await canLook(hub, other.headers), true);
  clock.advance(DAY_MS);
  assertEquals(await idle.closed(), SIGNED_OUT);
  assertEquals([await canLook(hub, browser.headers), await canLook(hub, other.headers)], [false, true]);
  assertEquals([await isLive(hub, used), await isLive(hub, script)], [true, true]);
});

Deno.test("revoking an API token ends its streams of server-sent events", async () => {
  await using hub = await hubWeb();
  const { body } = await hub.open("/api/events", { headers: hub.apiToken("script") });
  hub.access.revokeToken("script");
  const text = await soon("the end of the stream", new Response(body).text());
  assertMatch(text, /^retry: 1000\n\nevent: snapshot\n/);
});

Deno.test("an API token is shown once, and listed without the token", async () => {
  await using hub = await hubWeb();
  const created = await hub.request("/api/tokens", { method: "POST", headers: hub.owner, json: { name: "ci" } });
  const { token, ...shown } = created.json;
  assertEquals(created.status, 201);
  assertMatch(token, /^clst_[\w-]{43}$/);
  assertEquals(await canLook(hub, { authorization: `Bearer ${token}` }), true);
  const { json: [listed], text } = await hub.request("/api/tokens", { headers: hub.owner });
  const { used_at, ...others } = listed;
  assertEquals([others, typeof used_at, text.includes(token)], [shown, "string", false]);
  const again = await hub.request("/api/tokens", { method: "POST", headers: hub.owner, json: { name: "ci" } });
  assertEquals([again.status, again.json.detail], [409, 'there is a token with the name "ci" already']);
});

for (const name of ["", "a b", "../x", "é", "x".repeat(65), "-x"]) {
  Deno.test(`an API token cannot be called ${JSON.stringify(name)}`, async () => {
    await using hub = await hubWeb();
    const { status, json } = await hub.request("/api/tokens", { method: "POST", headers: hub.owner, json: { name } });
    const rule = "must consist of up to 64 letters, digits, dots, dashes and underscores";
    assertEquals([status, json.detail], [422, `"name": ${rule}`]);
  });
}

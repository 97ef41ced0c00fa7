import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { startPush } from "../../../lib/hub/push/start_push.ts";
import { type FakeClock, fakeClock } from "../../helpers/fake_clock.ts";
import { hubWeb, type HubWebOptions, type SignedInBrowser, type TestHubWeb } from "../../helpers/hub_web.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import type { PushBrowser } from "../../helpers/push_browser.ts";
import { type PushAnswer, type PushService, pushService } from "../../helpers/push_service.ts";
import { farPermission, farSession, farSnapshot, standInHost } from "../../helpers/stand_in_host.ts";
import { waitFor } from "../../helpers/wait.ts";

/** A hub, a push service, and a browser that has signed in and subscribed. */
interface PushWorld extends AsyncDisposable {
  readonly hub: TestHubWeb;
  readonly service: PushService;
  readonly clock: FakeClock;
  readonly browser: SignedInBrowser;
  readonly device: PushBrowser;
  /** Signs another browser in, which subscribes. */
  add(name: string): Promise<SignedInBrowser>;
  /** Lets the session need somebody. */
  ask(permission: string, session?: string): void;
}

const configOf = (host: string) =>
  `push = { enabled = true, contact = "mailto:me@example.org", hosts = [${JSON.stringify(host)}] }\n`;

async function post(hub: TestHubWeb, { headers }: SignedInBrowser, json: object) {
  return await hub.request("/api/push", { method: "POST", headers, json });
}

/** Starts them all. */
async function pushWorld(answer?: PushAnswer, options: HubWebOptions = {}): Promise<PushWorld> {
  await using starting = new AsyncDisposableStack();
  const clock = fakeClock();
  const service = starting.use(pushService(answer));
  const hub = starting.use(await hubWeb({ clock, config: configOf(service.host), ...options }));
  const add = async (name: string) => {
    const browser = await hub.signIn({ token: hub.token });
    const { status, text } = await post(hub, browser, (await service.browser(name)).subscription);
    assertEquals([status, text], [200, '{"ok":true}']);
    return browser;
  };
  const browser = await hub.signIn({ token: hub.token });
  const device = await service.browser("phone");
  assertEquals((await post(hub, browser, device.subscription)).status, 200);
  const parts = starting.move();
  return {
    hub,
    service,
    clock,
    browser,
    device,
    add,
    ask: (permission, session = "s") =>
      void hub.sessions.create(session, { status: "waiting_permission", permissions: [permission] }),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** How many subscriptions the hub has. */
const count = ({ hub, clock }: PushWorld) => hub.store.push.list(clock.now()).length;

/** Waits until nothing waits for the clock any more, but for `left` timers. */
const settled = ({ clock }: PushWorld, left: number) => waitFor("the hub to rest", () => clock.pending === left);

Deno.test("a browser that has subscribed is told that a session needs somebody, and nothing else of it", async () => {
  await using world = await pushWorld();
  const { hub, service, clock } = world;
  hub.sessions.create("s", { name: "secret name", path: "/secret/path", status: "active" });
  world.ask("p");
  const { message, headers, proof } = await service.received(1);
  assertEquals(message, { kind: "needs_you", session: "s", permission: "p", path: "/permissions/p" });
  assertEquals(
    ["content-encoding", "ttl", "urgency"].map((name) => headers.get(name)),
    ["aes128gcm", "86400", "high"],
  );
  assertMatch(headers.get("topic")!, /^[\w-]{32}$/);
  assertEquals(proof.claims, {
    aud: `http://${service.host}`,
    exp: Math.floor(clock.now() / 1000) + 43_200,
    sub: "mailto:me@example.org",
  });
  assertEquals(proof.key, (await hub.request("/api/push", { headers: world.browser.headers })).json.key);
});

Deno.test("GET /api/push tells the key, and whether this browser is told", async () => {
  await using world = await pushWorld();
  const { hub } = world;
  const other = await hub.signIn({ token: hub.token });
  const [mine, others] = [
    await hub.request("/api/push", { headers: world.browser.headers }),
    await hub.request("/api/push", { headers: other.headers }),
  ];
  assertEquals(Object.keys(mine.json), ["is_enabled", "key", "is_subscribed"]);
  assertMatch(mine.json.key, /^B[\w-]{86}$/);
  assertEquals([mine.json.is_enabled, mine.json.is_subscribed], [true, true]);
  assertEquals(others.json, { ...mine.json, is_subscribed: false });
});

Deno.test("GET /api/push tells that Web Push is off, and subscribing is refused then", async () => {
  await using service = pushService();
  await using hub = await hubWeb();
  const browser = await hub.signIn({ token: hub.token });
  const { json } = await hub.request("/api/push", { headers: browser.headers });
  assertEquals(json, { is_enabled: false, is_subscribed: false });
  const refused = await post(hub, browser, (await service.browser("phone")).subscription);
  assertEquals(refused.status, 403);
  assertStringIncludes(refused.json.detail, "set push.enabled");
  assertEquals(hub.store.push.key(), undefined);
});

Deno.test("a message about a session replaces the last one about it, and no one else's", async () => {
  await using world = await pushWorld();
  const { service } = world;
  await world.add("desk");
  world.ask("one");
  await service.received(2);
  world.ask("two");
  await service.received(4);
  world.ask("three", "other");
  await service.received(6);
  const topics = service.requests.map(({ browser, message, headers }) =>
    [browser, message.session, headers.get("topic")] as const
  );
  const keys = new Map(topics.map(([browser, session, topic]) => [`${browser} ${session}`, topic]));
  assertEquals(keys.size, 4);
  assertEquals(new Set(keys.values()).size, 4);
  for (const [browser, session, topic] of topics) assertEquals(keys.get(`${browser} ${session}`), topic);
});

for (const status of [404, 410]) {
  Deno.test(`a subscription ends when the push service answers ${status}`, async () => {
    await using world = await pushWorld((name) => new Response(null, { status: name === "phone" ? status : 201 }));
    await world.add("desk");
    world.ask("one");
    await world.service.received(2);
    await waitFor("the subscription to end", () => count(world) === 1);
    world.ask("two");
    assertEquals((await world.service.received(3)).browser, "desk");
    const { json } = await world.hub.request("/api/push", { headers: world.browser.headers });
    assertEquals(json.is_subscribed, false);
  });
}

Deno.test("a subscription ends with its sign-in, however that ends", async () => {
  const ways: Readonly<Record<string, (world: PushWorld) => Promise<unknown>>> = {
    "signing out": ({ hub, browser: { headers } }) => hub.request("/api/sign-out", { method: "POST", headers }),
    "signing out everywhere": ({ hub, browser: { headers } }) =>
      hub.request("/api/sign-out", { method: "POST", headers, json: { everywhere: true } }),
    "revoking it": async ({ hub, clock }) => hub.access.revokeSignIn(await firstSignIn(hub, clock)),
    "unsubscribing": ({ hub, browser: { headers } }) => hub.request("/api/push", { method: "DELETE", headers }),
    "time": ({ clock }) => Promise.resolve(clock.advance(8 * 24 * 60 * 60 * 1000)),
  };
  for (const [way, end] of Object.entries(ways)) {
    await using world = await pushWorld();
    await end(world);
    assertEquals(count(world), 0, way);
    world.ask("one");
    await world.add("desk");
    world.ask("two");
    assertEquals((await world.service.received(1)).browser, "desk", way);
  }
});

function firstSignIn({ store }: TestHubWeb, clock: FakeClock): Promise<string> {
  return Promise.resolve(store.push.list(clock.now())[0]!.signIn);
}

Deno.test("a subscription ends with the API token that its browser has signed in with", async () => {
  await using world = await pushWorld();
  const { hub, service } = world;
  const { token, id } = hub.access.createToken("phone", true);
  const viewer = await hub.signIn({ token });
  assertEquals((await post(hub, viewer, (await service.browser("tablet")).subscription)).status, 200);
  assertEquals(count(world), 2);
  hub.access.revokeToken(id);
  assertEquals(count(world), 1);
});

Deno.test("a browser that signs in again and subscribes anew is told once", async () => {
  await using world = await pushWorld();
  const { hub, service, device } = world;
  const again = await hub.signIn({ token: hub.token });
  assertEquals((await post(hub, again, device.subscription)).status, 200);
  assertEquals((await post(hub, again, device.subscription)).status, 200);
  assertEquals(count(world), 1);
  world.ask("one");
  await service.received(1);
  world.ask("two");
  assertEquals((await service.received(2)).message.permission, "two");
});

Deno.test("subscribing is refused without a sign-in, with wrong keys, and for other hosts", async () => {
  await using world = await pushWorld();
  const { hub, browser, device: { subscription } } = world;
  const refusal = async (json: object, headers = browser.headers) => {
    const reply = await hub.request("/api/push", { method: "POST", headers, json });
    return [reply.status, reply.json.detail];
  };
  assertEquals(await refusal(subscription, hub.owner), [
    403,
    "token has no sign-in that a subscription could end with: sign in on the page",
  ]);
  assertEquals(await refusal({ ...subscription, endpoint: `http://127.0.0.1:${hub.port}/api/sessions` }), [
    403,
    `the endpoint is at 127.0.0.1:${hub.port}, which is not one of push.hosts`,
  ]);
  assertEquals((await refusal({ ...subscription, endpoint: "https://169.254.169.254/latest" }))[0], 403);
  const keys = { ...subscription.keys, auth: "AAAA" };
  assertEquals(await refusal({ ...subscription, keys }), [422, '"keys.auth" must be 16 bytes in base64url']);
  assertEquals((await refusal({ ...subscription, topic: "x" }))[0], 422);
  assertEquals(count(world), 1);
});

Deno.test("a browser is told six times a minute at most", async () => {
  await using world = await pushWorld();
  for (let i = 1; i <= 8; i++) {
    world.ask(`p${i}`);
    if (i <= 6) await world.service.received(i);
  }
  await waitFor("the log", () => world.hub.log().split("told too much within a minute").length === 3);
  world.clock.advance(60_000);
  world.ask("p9");
  assertEquals((await world.service.received(7)).message.permission, "p9");
});

Deno.test("a message is sent once more after the time that the push service says", async () => {
  const answers = [new Response(null, { status: 429, headers: { "retry-after": "120" } })];
  await using world = await pushWorld(() => answers.shift() ?? new Response(null, { status: 201 }));
  const { clock, service } = world;
  world.ask("one");
  await service.received(1);
  await waitFor("the hub to wait", () => world.hub.log().includes("next try soon: HTTP 429"));
  clock.advance(119_999);
  assertEquals(service.requests.length, 1);
  clock.advance(1);
  assertEquals((await service.received(2)).message, service.requests[0]!.message);
});

Deno.test("a message is given up after its second try", async () => {
  await using world = await pushWorld(() => new Response(null, { status: 503 }));
  const { clock, service } = world;
  world.ask("one");
  await waitFor("the hub to wait", () => world.hub.log().includes("next try soon: HTTP 503"));
  clock.advance(10_000);
  await service.received(2);
  await waitFor("the log", () => world.hub.log().includes("was not told: HTTP 503"));
  assertEquals(count(world), 1);
});

Deno.test("a message is not tried again after a newer one, nor after its subscription has ended", async () => {
  await using world = await pushWorld((_name, count) => new Response(null, { status: count === 2 ? 201 : 503 }));
  const { clock, service, hub } = world;
  const waits = () => hub.log().split("next try soon").length - 1;
  world.ask("one");
  await waitFor("the hub to wait", () => waits() === 1);
  world.ask("two");
  await service.received(2);
  await settled(world, 1);
  clock.advance(10_000);
  await settled(world, 0);
  world.ask("three");
  await waitFor("the hub to wait", () => waits() === 2);
  await hub.request("/api/push", { method: "DELETE", headers: world.browser.headers });
  clock.advance(10_000);
  await settled(world, 0);
  assertEquals(service.requests.map(({ message }) => message.permission), ["one", "two", "three"]);
});

Deno.test("a push service that refuses a message or sends the hub elsewhere is not asked again", async () => {
  await using elsewhere = pushService();
  const location = `http://${elsewhere.host}/push/phone`;
  const answers = [new Response(null, { status: 307, headers: { location } }), new Response(null, { status: 403 })];
  await using world = await pushWorld(() => answers.shift()!);
  world.ask("one");
  await waitFor("the log", () => world.hub.log().includes("was not told: HTTP 307"));
  world.ask("two");
  await waitFor("the log", () => world.hub.log().includes("was not told: HTTP 403"));
  assertEquals([elsewhere.requests.length, world.service.requests.length, count(world)], [0, 2, 1]);
});

Deno.test("the log names the push service and not the address of a browser", async () => {
  await using world = await pushWorld(() => new Response(null, { status: 400 }));
  world.ask("one");
  await waitFor("the log", () => world.hub.log().includes(`[push] ${world.service.host} was not told`));
  assertEquals(world.hub.log().includes("/push/phone"), false);
});

Deno.test("disposing gives up a message that the push service does not answer", async () => {
  const stuck = Promise.withResolvers<Response>();
  const world = await pushWorld(() => stuck.promise);
  world.ask("one");
  await world.service.received(1);
  setTimeout(() => stuck.resolve(new Response(null)), 0);
  await world[Symbol.asyncDispose]();
  assertEquals(world.hub.log().includes("[push]"), false);
});

Deno.test("the key stays the same over restarts, and is another one for another hub", async () => {
  await using world = await pushWorld();
  await using other = await pushWorld();
  const { hub, clock } = world;
  const sessions = new MemorySessions();
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const config = { contact: "mailto:me@example.org", hosts: [] };
  const keyOf = async ({ store }: TestHubWeb) => {
    await using push = await startPush({ config, sessions, store, clock, log });
    return push.key;
  };
  const { json } = await hub.request("/api/push", { headers: world.browser.headers });
  assertEquals(await keyOf(hub), json.key);
  assertNotEquals(await keyOf(other.hub), json.key);
  assertEquals(sessions.listeners, 0);
});

Deno.test("a browser is told once that a session of another host needs somebody, also after the host was away", async () => {
  await using world = await pushWorld();
  const { hub, service } = world;
  const asking = (...permissions: string[]) => farSession("far", { status: "waiting_permission", permissions });
  const old = await standInHost(hub, "box", { snapshot: farSnapshot([asking("before")]) });
  old.answers["permissions.list"] = ["before", "first"].map((id) => farPermission(id, "far"));
  old.say({ type: "session", session: asking("before", "first") });
  const { message } = await service.received(1);
  const path = "/permissions/first";
  assertEquals(message, { kind: "needs_you", session: "far", permission: "first", path });
  await old.close();
  await waitFor("the loss", () => hub.hosts.get("box").state === "offline");
  const { key } = old;
  await using again = await standInHost(hub, "box", { key, snapshot: farSnapshot([asking("before", "first")]) });
  again.answers["permissions.list"] = ["before", "first", "second"].map((id) => farPermission(id, "far"));
  again.say({ type: "session", session: asking("before", "first", "second") });
  assertEquals((await service.received(2)).message.permission, "second");
  // A permission that was asked while the host was away is told when it is back.
  await again.close();
  await waitFor("the loss", () => hub.hosts.get("box").state === "offline");
  await using last = await standInHost(hub, "box", { key, snapshot: farSnapshot([asking("second", "third")]) });
  assertEquals((await service.received(3)).message.permission, "third");
  // Too many notices of one host leave those of the hub itself alone.
  for (let i = 0; i < 20; i++) last.say({ type: "session", session: asking(`flood-${i}`) });
  await waitFor("the last of them", () => hub.hosts.sessions[0]?.permissions[0] === "flood-19");
  world.ask("own");
  await waitFor("the own notice", () => service.requests.some(({ message: told }) => told.permission === "own"));
  assertEquals(service.requests.filter(({ message: told }) => told.session === "far").length, 6);
});

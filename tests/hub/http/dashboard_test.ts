import { assertEquals, assertRejects } from "@std/assert";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { hubWeb, type Json, type TestHubWeb } from "../../helpers/hub_web.ts";
import type { LiveClient } from "../../helpers/live_client.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { rawRequest, UPGRADE } from "../../helpers/raw_http.ts";
import { waitFor } from "../../helpers/wait.ts";

const HOUR_MS = 3_600_000;
const PATH = "/ws/dashboard";

function isSnapshot({ type }: Json): boolean {
  return type === "snapshot";
}

function isEvent(id: number): (message: Json) => boolean {
  return ({ type, event }) => type === "event" && event.id === id;
}

/** Opens a WebSocket with the hub's token that follows what a subscription says. */
async function subscribe(hub: TestHubWeb, subscription: object = {}): Promise<LiveClient> {
  const live = await hub.live(PATH, hub.owner);
  live.send({ type: "subscribe", ...subscription });
  await live.message("the snapshot", isSnapshot);
  return live;
}

Deno.test("a subscription begins with a snapshot, and goes on with what happens from then on", async () => {
  await using hub = await hubWeb();
  hub.sessions.add("s");
  hub.sessions.partialTexts = { s: "so f" };
  const session = hub.sessions.get("s");
  await using live = await subscribe(hub);
  const event = hub.sessions.add("s", { text: "é 日本 🐢" });
  hub.sessions.announce({ type: "delta", session: "s", text: "ar" });
  const changed = hub.sessions.create("s", { status: "active" });
  hub.sessions.announce({ type: "removed", session: "s" });
  await live.message("the end", ({ type }) => type === "removed");
  assertEquals(live.messages, [
    { type: "snapshot", sessions: [session], permissions: [], partial: { s: "so f" }, last_event: 1 },
    { type: "event", event },
    { type: "delta", session: "s", text: "ar" },
    { type: "session", session: changed },
    { type: "removed", session: "s" },
  ] as Json[]);
});

Deno.test("a subscription goes on after an event, without a hole or a double", async () => {
  await using hub = await hubWeb();
  for (let i = 0; i < 1_000; i++) hub.sessions.add("s", { text: "x".repeat(1_000) });
  await using live = await hub.live(PATH, hub.owner);
  live.send({ type: "subscribe", after: 10 });
  for (let i = 0; i < 100; i++) {
    hub.sessions.add("s");
    await new Promise((resolve) => setImmediate(resolve));
  }
  await live.message("the last event", isEvent(1_100));
  assertEquals(live.ids(), Array.from({ length: 1_090 }, (_, i) => i + 11));
});

Deno.test("a subscription may be for some sessions alone, by id or name", async () => {
  const sessions = new MemorySessions();
  for (const id of ["a", "b", "c"]) sessions.create(id);
  await using hub = await hubWeb({ sessions });
  await using live = await subscribe(hub, { sessions: ["a", "name-c"] });
  assertEquals(live.messages[0].sessions.map(({ id }: Json) => id), ["c", "a"]);
  for (const id of ["a", "b", "c", "b", "a"]) sessions.add(id);
  await live.message("the last event", isEvent(5));
  assertEquals(live.ids(), [1, 3, 5]);
});

Deno.test("a second subscription takes the place of the first", async () => {
  const sessions = new MemorySessions();
  for (const id of ["a", "b"]) sessions.create(id);
  await using hub = await hubWeb({ sessions });
  await using live = await subscribe(hub, { sessions: ["a"] });
  live.send({ type: "subscribe", sessions: ["b"] });
  await live.message("the other snapshot", (message) => isSnapshot(message) && message.sessions[0].id === "b");
  for (const id of ["a", "b"]) sessions.add(id);
  await live.message("the event", isEvent(2));
  assertEquals([live.ids(), sessions.listeners], [[2], 1]);
});

Deno.test("a client that comes back again and again sees each event once", async () => {
  await using hub = await hubWeb();
  const seen: number[] = [];
  for (let cuts = 0; cuts < 20; cuts++) {
    await using live = await subscribe(hub, { after: seen.at(-1) ?? 0 });
    for (let i = 0; i < 20; i++) hub.sessions.add("s");
    // It goes away in the middle of them.
    await live.message("some events", ({ event }) => event?.id >= (seen.at(-1) ?? 0) + 7);
    seen.push(...live.ids());
    for (let i = 0; i < 5; i++) hub.sessions.add("s");
  }
  await using live = await subscribe(hub, { after: seen.at(-1) ?? 0 });
  await live.message("the last event", isEvent(500));
  seen.push(...live.ids());
  assertEquals(seen, Array.from({ length: 500 }, (_, i) => i + 1));
});

Deno.test("a client with a token that says nothing, and has no token in its address, gets nothing", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const pending = clock.pending;
  await using live = await hub.live(PATH, hub.owner);
  clock.advance(HOUR_MS);
  hub.sessions.add("s");
  live.send({ type: "subscribe" });
  await live.message("the snapshot", isSnapshot);
  assertEquals([live.messages.length, clock.pending], [1, pending]);
});

Deno.test("a client with a token in its address may subscribe as well", async () => {
  await using hub = await hubWeb();
  for (let i = 0; i < 3; i++) hub.sessions.add("s");
  await using live = await hub.live(`${PATH}?token=${hub.token}`);
  live.send({ type: "subscribe", after: 1 });
  await live.message("the last event", isEvent(3));
  assertEquals([live.messages.filter(isSnapshot).length, live.ids()], [1, [2, 3]]);
});

for (
  const [name, message, code, reason] of [
    ["is no JSON", "subscribe", 1008, "messages must be JSON"],
    ["is bytes", Uint8Array.of(1, 2), 1008, "messages must be text"],
    ["is null", "null", 1008, "expected Object but received null"],
    ["has another type", { type: "unsubscribe" }, 1008, '"type": expected "subscribe" but received "unsubscribe"'],
    ["has no type", {}, 1008, 'the field "type" is missing'],
    ["has an unknown field", { type: "subscribe", from: 1 }, 1008, 'there is no field "from"'],
    ["has no number", { type: "subscribe", after: "1" }, 1008, '"after": expected (number | Object) but received "1"'],
    ["names no session", { type: "subscribe", sessions: ["none"] }, 1008, "there is no session none"],
    ["is ahead", { type: "subscribe", after: 9 }, 1008, "there is no event 9 yet: the newest one is 0"],
    ["is too long", " ".repeat((64 << 10) + 1), 1009, "a message may have 65536 characters"],
    ["has a long mistake", { type: "é".repeat(500) }, 1008, undefined],
  ] as const
) {
  Deno.test(`a message that ${name} closes the WebSocket with ${code}`, async () => {
    await using hub = await hubWeb();
    await using live = await hub.live(PATH, hub.owner);
    live.send(message);
    const close = await live.closed();
    assertEquals(close, { code, reason: reason ?? close.reason });
    assertEquals([live.messages.length, hub.sessions.listeners], [0, 0]);
  });
}

Deno.test("a page proves with its key, in its first message, that it is ours", async () => {
  await using hub = await hubWeb();
  const { cookie, headers: { origin = "" }, pageKey } = await hub.signIn({ token: hub.token });
  await using live = await hub.live(PATH, { cookie, origin });
  live.send({ type: "subscribe", page_key: pageKey });
  await live.message("the snapshot", isSnapshot);
  live.send({ type: "subscribe", after: 0 });
  await live.message("another snapshot", () => live.messages.length === 2);
});

Deno.test("a page with a wrong key, or none, is closed with 1008", async () => {
  await using hub = await hubWeb();
  const { cookie, headers: { origin = "" } } = await hub.signIn({ token: hub.token });
  const { pageKey: other } = await hub.signIn({ token: hub.token });
  for (const subscription of [{ type: "subscribe" }, { type: "subscribe", page_key: other }]) {
    await using live = await hub.live(PATH, { cookie, origin });
    live.send(subscription);
    const reason = "the subscription lacks the page's key: sign in again";
    assertEquals([await live.closed(), live.messages.length], [{ code: 1008, reason }, 0]);
  }
});

Deno.test("a page that shows no key within five seconds is closed with 1008", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const { cookie, headers: { origin = "" } } = await hub.signIn({ token: hub.token });
  await using live = await hub.live(PATH, { cookie, origin });
  clock.advance(4_999);
  hub.sessions.add("s");
  assertEquals((await hub.request("/healthz")).status, 200);
  clock.advance(1);
  const reason = "no subscription with the page's key came in time";
  assertEquals([await live.closed(), live.messages], [{ code: 1008, reason }, []]);
});

Deno.test("a page over https needs no key", async () => {
  await using hub = await hubWeb({ isTls: true });
  const { cookie } = await hub.signIn({ token: hub.token });
  const request = rawRequest("GET", PATH, { host: `127.0.0.1:${hub.port}`, ...UPGRADE, cookie, origin: hub.origin });
  using conn = await Deno.connectTls({ hostname: "127.0.0.1", port: hub.port, caCerts: [hub.certificate!] });
  await conn.write(new TextEncoder().encode(request));
  // A frame with the text {"type":"subscribe"}, whose mask is 0.
  const text = new TextEncoder().encode('{"type":"subscribe"}');
  await conn.write(Uint8Array.of(0x81, 0x80 | text.length, 0, 0, 0, 0, ...text));
  const decoder = new TextDecoder();
  let received = "";
  const buffer = new Uint8Array(4096);
  await waitFor("the snapshot", async () => {
    received += decoder.decode(buffer.subarray(0, await conn.read(buffer) ?? 0), { stream: true });
    return received.includes('{"type":"snapshot"');
  });
});

Deno.test("a live connection that is opened anew makes a sign-in last longer", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const { cookie, headers, pageKey } = await hub.signIn({ token: hub.token });
  for (let days = 0; days < 20; days += 5) {
    await using live = await hub.live(PATH, { cookie, origin: hub.origin });
    live.send({ type: "subscribe", page_key: pageKey });
    await live.message("the snapshot", isSnapshot);
    clock.advance(5 * 24 * HOUR_MS);
  }
  assertEquals((await hub.request("/api/status", { headers })).status, 200);
});

Deno.test("a client that pings is answered", async () => {
  await using hub = await hubWeb();
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  const request = rawRequest("GET", PATH, { host: "localhost", ...UPGRADE, ...hub.owner });
  await conn.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(4096);
  const headSize = await conn.read(buffer);
  assertEquals(new TextDecoder().decode(buffer.subarray(0, headSize!)).endsWith("\r\n\r\n"), true);
  // A ping with the content "hi", whose mask is 0, and the pong to it.
  await conn.write(Uint8Array.of(0x89, 0x82, 0, 0, 0, 0, 0x68, 0x69));
  const size = await conn.read(buffer);
  assertEquals([...buffer.subarray(0, size!)], [0x8a, 2, 0x68, 0x69]);
});

Deno.test("a hub that stops tells live connections that it goes away", async () => {
  await using hub = await hubWeb();
  const { cookie } = await hub.signIn({ token: hub.token });
  await using following = await subscribe(hub);
  await using silent = await hub.live(PATH, hub.owner);
  await using unproven = await hub.live(PATH, { cookie, origin: hub.origin });
  const start = performance.now();
  await hub.stop();
  for (const live of [following, silent, unproven]) {
    assertEquals((await live.closed()).code, 1001);
  }
  assertEquals(performance.now() - start < 3_000, true);
  await assertRejects(() => hub.request("/healthz"), TypeError);
});

Deno.test("a client that disconnects leaves nothing behind", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const pending = clock.pending;
  {
    await using _live = await subscribe(hub);
    await using _silent = await hub.live(`${PATH}?token=${hub.token}`);
  }
  await waitFor("nobody to follow", () => hub.sessions.listeners === 0 && clock.pending === pending);
});

Deno.test("a payload over 256 KiB is replaced with its size, and the event has it whole", async () => {
  await using hub = await hubWeb();
  await using live = await subscribe(hub);
  const text = "x".repeat(256 << 10);
  hub.sessions.add("s", { text });
  const { event } = await live.message("the event", isEvent(1));
  assertEquals(event.payload, { truncated: 262_155 });
  assertEquals((await hub.request("/api/events/1", { headers: hub.owner })).json.payload, { text });
  const part = await hub.request("/api/events/1?offset=5&length=10", { headers: hub.owner });
  assertEquals(part.json, { text: 't":"xxxxxx', total: 262_155 });
});

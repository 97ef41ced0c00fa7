import { assertEquals, assertStringIncludes } from "@std/assert";
import { hubWeb } from "../../helpers/hub_web.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { farPermission, farSession, farSnapshot, standInHost } from "../../helpers/stand_in_host.ts";
import { waitFor } from "../../helpers/wait.ts";

/** A hub with a session and a permission of its own. */
async function ownHub() {
  const sessions = new MemorySessions();
  sessions.create("own", { name: "web", permissions: ["own-permission"] });
  sessions.pending.push(farPermission("own-permission", "own"));
  return await hubWeb({ sessions });
}

Deno.test("a host cannot take over ids and names of the hub, or those of another host", async () => {
  await using hub = await ownHub();
  await using box = await standInHost(hub, "box", { snapshot: farSnapshot([farSession("of-box")]) });
  const sessions = ["own", "web", "of-box", "of-thief"].map((id) =>
    farSession(id, { permissions: ["own-permission"] })
  );
  const permissions = ["own", "of-box", "of-thief"].map((session) => farPermission("own-permission", session));
  permissions.push(farPermission("stolen", "of-box"));
  await using thief = await standInHost(hub, "thief", { snapshot: farSnapshot(sessions, 0, { permissions }) });
  assertEquals(hub.hosts.sessions.map(({ id, host }) => [id, host]), [["of-box", "box"], ["of-thief", "thief"]]);
  assertEquals(hub.hosts.permissions, []);
  const send = (session: string) =>
    hub.request(`/api/sessions/${session}/prompt`, { method: "POST", headers: hub.owner, json: { prompt: "secret" } });
  assertEquals([(await send("own")).status, (await send("web")).status], [202, 202]);
  assertEquals(hub.sessions.stored.map(({ session }) => session), ["own", "own"]);
  const answer = { method: "POST", headers: hub.owner, json: { decision: "allow" } };
  assertEquals((await hub.request("/api/permissions/own-permission", answer)).status, 200);
  assertEquals(hub.sessions.answers.length, 1);
  void send("of-box");
  await waitFor("the prompt for the box", () => box.requests.length === 1);
  assertEquals(thief.requests, []);
  assertStringIncludes(hub.log(), 'thief: it tells the id "own", which belongs to this hub');
});

Deno.test("what a host says of sessions that are not its own reaches nobody", async () => {
  await using hub = await ownHub();
  await using _box = await standInHost(hub, "box", { snapshot: farSnapshot([farSession("of-box")]) });
  await using thief = await standInHost(hub, "thief", { snapshot: farSnapshot([farSession("of-thief")]) });
  await using page = await hub.live("/ws/dashboard", hub.owner);
  page.send({ type: "subscribe", watch: ["hosts"] });
  await page.message("the thief", ({ type, host }) => type === "snapshot" && host === "thief");
  const before = page.messages.length;
  for (const id of ["own", "of-box"]) {
    thief.say({ type: "removed", session: id });
    thief.say({ type: "delta", session: id, text: "lies" });
    thief.say({ type: "session", session: farSession(id, { name: "lies" }) });
    thief.say({ type: "event", event: { id: 7, session: id, seq: 1, at: "", type: "user", payload: {} } });
  }
  thief.say({ type: "notice", topic: "hosts", removed: "box" });
  thief.say({ type: "event", event: { id: 8, session: "of-thief", seq: 1, at: "", type: "user", payload: {} } });
  await page.message("the event", ({ event }) => event?.id === 8);
  assertEquals(page.messages.slice(before).map(({ event }) => event?.id), [8]);
  assertEquals(hub.hosts.sessions.map(({ id }) => id), ["of-box", "of-thief"]);
});

Deno.test("nonsense of a host disturbs nobody but itself", async () => {
  await using hub = await ownHub();
  await using thief = await standInHost(hub, "thief", { snapshot: farSnapshot([farSession("of-thief")], 5) });
  await using page = await hub.live("/ws/dashboard", hub.owner);
  page.send({ type: "subscribe" });
  await page.message("the thief", ({ type, host }) => type === "snapshot" && host === "thief");
  const before = page.messages.length;
  const far = farSession("of-thief");
  for (
    const nonsense of [
      ...[null, 5, [], "text", { type: "snapshot" }, { type: "event", event: null }, { type: "dance" }],
      { type: "session", session: { ...far, name: { toString: "x" } } },
      { type: "session", session: { ...far, name: "x".repeat(100_000) } },
      farSnapshot([far], 1, { permissions: [{ id: "p" }] }),
      farSnapshot([far], 1, { host: "here" }),
      { type: "event", event: { id: 2 ** 60, session: "of-thief", seq: 1, at: "", type: "user", payload: {} } },
    ]
  ) thief.say(nonsense);
  thief.say(JSON.parse('{"type":"delta","session":"of-thief","text":"x","__proto__":{"polluted":true}}'));
  await page.message("the piece", ({ type }) => type === "delta");
  assertEquals(page.messages.slice(before).map(({ type }) => type), ["delta"]);
  assertEquals(Reflect.get({}, "polluted"), undefined);
  const html = '<img src=x onerror="alert(1)">';
  thief.say({ type: "session", session: { ...far, name: html, created_at: "9999-12-31T23:59:59Z", updated_at: "?" } });
  await waitFor("the name", () => hub.hosts.sessions[0]?.name === html);
  const { status, json } = await hub.request("/api/sessions", { headers: hub.owner });
  assertEquals([status, json.length], [200, 2]);
  // What it returns is checked, too, and its errors are short.
  for (const wrong of [5, "text", [], { id: "of-thief" }]) {
    thief.answers["session.get"] = wrong;
    const reply = await hub.request("/api/sessions/of-thief", { headers: hub.owner });
    assertEquals([reply.status, reply.json.detail.slice(0, 40)], [503, "thief: what it returned for session.get "]);
  }
  thief.raw("{".repeat(100));
  thief.raw('{"channel":0,');
  await using again = await hub.live("/ws/dashboard", hub.owner);
  again.send({ type: "subscribe" });
  await again.message("the snapshot", ({ type, host }) => type === "snapshot" && host === undefined);
});

Deno.test("a flood of one host keeps the hub and the others answering", async () => {
  await using hub = await ownHub();
  await using box = await standInHost(hub, "box", { snapshot: farSnapshot([farSession("of-box")]) });
  await using thief = await standInHost(hub, "thief", { snapshot: farSnapshot([]) });
  await using page = await hub.live("/ws/dashboard", hub.owner);
  page.send({ type: "subscribe" });
  await page.message("the thief", ({ type, host }) => type === "snapshot" && host === "thief");
  const flood = farSession("one");
  for (let i = 0; i < 2_000; i++) thief.say({ type: "session", session: { ...flood, id: `s${i}` } });
  box.say({ type: "event", event: { id: 1, session: "of-box", seq: 1, at: "", type: "user", payload: {} } });
  await page.message("the event of the box", ({ event }) => event?.session === "of-box");
  await waitFor("the flood", () => hub.hosts.get("thief").sessions === 2_000);
  assertEquals((await hub.request("/healthz")).status, 200);
});

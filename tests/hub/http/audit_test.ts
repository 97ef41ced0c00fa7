import { assertEquals } from "@std/assert";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { hubWeb, type Json, type RequestHeaders, type TestHubWeb } from "../../helpers/hub_web.ts";

/** What the audit says, the oldest first: who, how, what, about what, and what came of it. */
async function audit(hub: TestHubWeb, query = ""): Promise<string[]> {
  const { json } = await hub.request(`/api/audit${query}`, { headers: hub.owner });
  return json.map((entry: Json) => [entry.who, entry.way, entry.what, entry.target ?? "", entry.result].join(" | "))
    .reverse();
}

function change(hub: TestHubWeb, method: string, path: string, headers: RequestHeaders, json?: unknown) {
  return hub.request(path, { method, headers, ...(json === undefined ? {} : { json }) });
}

Deno.test("the audit says who changed what, how they had signed in, and what came of it", async () => {
  await using hub = await hubWeb();
  const reader = hub.apiToken("wall", true);
  const browser = await hub.signIn({ code: hub.access.createLink().code });
  await change(hub, "POST", "/api/sessions", hub.owner, { path: "/tmp", name: "trial" });
  await change(hub, "POST", "/api/sessions/s/prompt", browser.headers, { prompt: "a secret plan" });
  await change(hub, "POST", "/api/sessions/s/prompt", reader, { prompt: "hi" });
  await change(hub, "POST", "/api/sessions/none/stop", browser.headers);
  await change(hub, "PATCH", "/api/sessions/s", hub.apiToken("ci"), { polcy: "deny" });
  await change(hub, "POST", "/api/sessions/s/interrupt", browser.headers);
  await change(hub, "POST", "/api/sessions/s/attach", browser.headers);
  await change(hub, "POST", "/api/permissions/p-1", browser.headers, { decision: "deny" });
  await change(hub, "POST", "/api/tokens", browser.headers, { name: "new" });
  await change(hub, "DELETE", "/api/tokens/new", browser.headers);
  await change(hub, "POST", "/api/sign-out", browser.headers);
  assertEquals(await audit(hub), [
    "owner | link | auth.sign_in |  | ok",
    "token | token | session.start | trial | ok",
    "owner | link | prompt.send | s | ok",
    "wall | api token | prompt.send | s | refused",
    "owner | link | session.stop | none | unknown",
    "ci | api token | session.configure | s | bad_params",
    "owner | link | session.interrupt | s | unavailable",
    "owner | link | session.attach | s | internal",
    "owner | link | permission.answer | p-1 | ok",
    "owner | link | tokens.create | new | ok",
    "owner | link | tokens.revoke | new | ok",
    "owner | link | auth.sign_out |  | ok",
  ]);
});

Deno.test("the audit says when and from which address", async () => {
  await using hub = await hubWeb();
  const before = Date.now();
  await change(hub, "POST", "/api/sessions/s/stop", hub.owner);
  const { json: [entry] } = await hub.request("/api/audit", { headers: hub.owner });
  assertEquals([entry.address, Date.parse(entry.at) >= before, Date.parse(entry.at) <= Date.now()], [
    "127.0.0.1",
    true,
    true,
  ]);
});

Deno.test("the audit has wrong sign-ins, but none that was no attempt or not allowed, so that nobody can fill it", async () => {
  await using hub = await hubWeb({ clock: fakeClock() });
  for (let i = 0; i < 20; i++) {
    await change(hub, "POST", "/api/sign-in", {}, { token: "wrong" });
    await change(hub, "POST", "/api/sign-in", {}, { name: "no attempt" });
  }
  await hub.signIn({ token: hub.access.createToken("laptop", false).token });
  assertEquals(await audit(hub), [
    ...Array<string>(5).fill("guest | nobody | auth.sign_in |  | unauthenticated"),
    "laptop | api token | auth.sign_in |  | ok",
  ]);
});

Deno.test("the audit does not have what only looks, nor what nobody was let in for", async () => {
  await using hub = await hubWeb();
  await hub.request("/api/sessions", { headers: hub.owner });
  await change(hub, "POST", "/api/sessions/s/stop", {});
  await change(hub, "POST", "/api/sessions/s/stop", { authorization: "Bearer wrong" });
  assertEquals(await audit(hub), []);
});

Deno.test("the audit and the log hold no secret", async () => {
  await using hub = await hubWeb();
  const { code } = hub.access.createLink();
  const browser = await hub.signIn({ code });
  const { token } = (await change(hub, "POST", "/api/tokens", browser.headers, { name: "new" })).json;
  await hub.signIn({ token });
  await change(hub, "POST", "/api/sign-in", {}, { password: "correct horse", user: "me" });
  await change(hub, "POST", "/api/sign-in", {}, { token: "clst_mistyped" });
  await change(hub, "POST", "/api/sessions/s/prompt", browser.headers, { prompt: "the plan" });
  await using _live = await hub.live(`/ws/dashboard?token=${token}`);
  await hub.request(`/api/sessions?token=${token}`, { headers: hub.owner });
  const kept = JSON.stringify(hub.store.audit.list({ limit: 500 })) + hub.log();
  const secrets = [code, browser.pageKey, browser.cookie.split("=")[1]!, token, hub.token];
  const private_ = ["correct horse", "clst_mistyped", "the plan"];
  assertEquals([...secrets, ...private_].filter((secret) => kept.includes(secret)), []);
});

Deno.test("the audit is read in pages, and by operation and person", async () => {
  await using hub = await hubWeb();
  for (let i = 0; i < 3; i++) await change(hub, "POST", "/api/sessions/s/stop", hub.owner);
  await change(hub, "POST", "/api/sessions/s/kill", hub.apiToken("ci"));
  const ids = async (query: string) => {
    const { json } = await hub.request(`/api/audit${query}`, { headers: hub.owner });
    return json.map(({ id }: Json) => id);
  };
  assertEquals(await ids("?limit=2"), [4, 3]);
  assertEquals(await ids("?limit=2&before=3"), [2, 1]);
  assertEquals(await ids("?what=session.kill"), [4]);
  assertEquals(await ids("?who=token"), [3, 2, 1]);
  assertEquals(await audit(hub, "?who=nobody"), []);
});

Deno.test("a permission's answer says who gave it", async () => {
  await using hub = await hubWeb();
  const browser = await hub.signIn({ token: hub.access.createToken("laptop", false).token });
  const answer = { decision: "allow", updated_input: { command: "ls" } };
  await change(hub, "POST", "/api/permissions/p-1", browser.headers, answer);
  assertEquals(hub.sessions.answers, [{ id: "p-1", answer, by: "laptop" }] as typeof hub.sessions.answers);
});

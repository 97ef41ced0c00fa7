/**
 * A client that knows only four routes and a WebSocket, as the first clients of such a hub do.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { hubWeb, type Json, type TestHubWeb } from "../../helpers/hub_web.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { waitFor } from "../../helpers/wait.ts";

/** The fields that every session has. */
const SESSION_FIELDS = [
  "id name host path mode status claude_session_id model permission_mode policy queue permissions turns cost_usd",
  "tokens last_event created_at updated_at",
].join(" ").split(" ");

/** Returns what a GET answers. */
async function get(hub: TestHubWeb, path: string): Promise<Json> {
  const response = await fetch(`${hub.url}${path}`, { headers: { authorization: `Bearer ${hub.token}` } });
  if (!response.ok) throw new Error(`${response.status}`);
  return await response.json();
}

/** Collects what a WebSocket sends to a client that says nothing. */
function watch(hub: TestHubWeb): { readonly messages: Json[] } & AsyncDisposable {
  const socket = new WebSocket(`${hub.url.replace("http", "ws")}/ws/dashboard?token=${hub.token}`);
  const messages: Json[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.onmessage = ({ data }) => void messages.push(JSON.parse(data));
  socket.onclose = () => resolve();
  return {
    messages,
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}

Deno.test("the seed's client lists the active sessions, the newest first", async () => {
  const sessions = new MemorySessions();
  sessions.create("old");
  sessions.create("gone", { status: "stopped" });
  sessions.create("broken", { status: "error" });
  sessions.create("new", { status: "waiting_permission" });
  await using hub = await hubWeb({ sessions });
  const active = await get(hub, "/api/sessions?active=true");
  assertEquals(active.map(({ id }: Json) => id), ["new", "old"]);
  assertEquals((await get(hub, "/api/sessions")).length, 4);
  assertEquals(Object.keys(active[0]), SESSION_FIELDS);
});

Deno.test("the seed's client gets a session by its id and by its name", async () => {
  await using hub = await hubWeb();
  const session = await get(hub, "/api/sessions/s");
  assertEquals(Object.keys(session), SESSION_FIELDS);
  assertEquals(session, hub.sessions.get("s"));
  assertEquals(await get(hub, "/api/sessions/name-s"), session);
});

Deno.test("the seed's client pages through the events, the oldest first", async () => {
  await using hub = await hubWeb();
  for (let i = 0; i < 10; i++) hub.sessions.add("s", { n: i });
  const events = await get(hub, "/api/sessions/s/events?limit=4&offset=4");
  assertEquals(events.map(({ payload }: Json) => payload.n), [4, 5, 6, 7]);
  assertEquals(events[0], { id: 5, session: "s", seq: 5, at: events[0].at, type: "assistant", payload: { n: 4 } });
  assertEquals((await get(hub, "/api/sessions/s/events?limit=4&offset=8")).length, 2);
  assertEquals(await get(hub, "/api/sessions/s/events?limit=4&offset=10"), []);
});

Deno.test("the seed's client sends a prompt", async () => {
  await using hub = await hubWeb();
  const response = await fetch(`${hub.url}/api/sessions/s/prompt`, {
    method: "POST",
    headers: { authorization: `Bearer ${hub.token}`, "content-type": "application/json" },
    body: JSON.stringify({ prompt: "hello" }),
  });
  const { prompt_id, ...rest } = await response.json();
  assertEquals([response.status, rest, typeof prompt_id], [202, { prompt_status: "sent" }, "string"]);
  assertEquals(hub.sessions.stored.map(({ type, payload }) => [type, payload]), [["prompt", { prompt: "hello" }]]);
});

Deno.test("the seed's client gets a snapshot and everything that happens without saying a word", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  hub.sessions.add("s");
  const pending = clock.pending;
  await using dashboard = watch(hub);
  await waitFor("the connection", () => clock.pending > pending);
  clock.advance(999);
  assertEquals((await hub.request("/healthz")).status, 200);
  assertEquals(dashboard.messages, []);
  clock.advance(1);
  await waitFor("the snapshot", () => dashboard.messages.length === 1);
  const event = hub.sessions.add("s", { text: "new" });
  await waitFor("the event", () => dashboard.messages.length === 2);
  const session = hub.sessions.get("s");
  assertEquals(dashboard.messages, [
    { type: "snapshot", sessions: [session], permissions: [], partial: {}, last_event: 1 },
    { type: "event", event },
  ]);
});

Deno.test("the seed's client gets a snapshot about a second after it has connected", async () => {
  await using hub = await hubWeb();
  await using dashboard = watch(hub);
  await waitFor("the snapshot", () => dashboard.messages.length === 1);
  assertEquals(dashboard.messages[0].type, "snapshot");
});

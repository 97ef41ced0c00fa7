import { assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { SessionError } from "../../lib/sessions/session_error.ts";
import { HubCallError, HubUnreachableError } from "../../lib/hub/connect_hub.ts";
import { OPERATIONS } from "../../lib/hub/operations.ts";
import { hubSocket, TOKEN } from "../helpers/hub_socket.ts";
import { MemorySessions } from "../helpers/memory_sessions.ts";
import { waitFor } from "../helpers/wait.ts";

Deno.test("a hub's socket is reachable by its user alone", async () => {
  await using hub = await hubSocket(new MemorySessions());
  assertEquals((await Deno.stat(hub.socket)).mode! & 0o777, 0o600);
});

Deno.test("a hub's socket runs operations", async () => {
  const sessions = new MemorySessions();
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  const { id } = await client.call("session.start", { path: "/tmp", name: "trial" });
  assertEquals((await client.call("session.get", { session_name: "trial" })).id, id);
  assertEquals((await client.call("prompt.send", { session_name: id, prompt: "hi" })).prompt_status, "sent");
  const events = await client.call("session.events", { session_name: "trial", types: "prompt, result" });
  assertEquals(events.map(({ payload }) => payload), [{ prompt: "hi" }]);
  assertEquals((await client.call("events.search", { query: "hi" })).map(({ snippet }) => snippet), ["«hi»"]);
  assertEquals((await client.call("hub.status", {})).name, "here");
});

Deno.test("a hub's socket takes absent params for empty ones", async () => {
  await using hub = await hubSocket(new MemorySessions());
  using client = await hub.lines();
  assertEquals((await client.call("sessions.list")).result as unknown, []);
});

Deno.test("a hub's socket tells who answers a permission", async () => {
  const sessions = new MemorySessions();
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  await client.call("permission.answer", { permission_id: "p", decision: "deny", message: "no" });
  assertEquals(sessions.answers, [{ id: "p", answer: { decision: "deny", message: "no" }, by: "command line" }]);
});

for (
  const [method, params, code, message] of [
    ["session.get", { session_name: "none" }, -32004, "there is no session none"],
    ["prompt.edit", { session_name: "s", prompt_id: "p", prompt: "x" }, -32009, "prompt p was sent already"],
    ["prompt.move", { session_name: "s", prompt_id: "p", position: 1 }, -32010, "prompts stay where they are"],
    ["session.interrupt", { session_name: "s" }, -32011, "the daemon cannot be reached"],
    ["session.attach", { session_name: "s" }, -32603, "internal error: the log of the hub says more"],
    ["session.get", {}, -32602, 'the field "session_name" is missing'],
    ["session.get", { session_name: "s", nme: 1 }, -32602, 'there is no field "nme"'],
    ["session.get", { session_name: 5 }, -32602, '"session_name": expected string but received 5'],
    ["session.get", [], -32602, "the params must be an object"],
    [
      "session.start",
      { path: "/", policy: "maybe" },
      -32602,
      '"policy": expected ("ask" | "allow" | "deny") but received "maybe"',
    ],
    ["session.start", { path: "/", prompt: [{ text: "x" }] }, -32602, '"prompt": the field "0.type" is missing'],
    ["session.events", { session_name: "s", limit: 501 }, -32602, '"limit": must be at most 500'],
    ["session.events", { session_name: "s", after: 1.5 }, -32602, '"after": must be a whole number'],
    ["session.follow", { after: 7 }, -32602, "there is no event 7 yet: the newest one is 0"],
    ["session.follow", { sessions: ["none"] }, -32004, "there is no session none"],
    ["session.frobnicate", {}, -32601, "Unknown method: session.frobnicate"],
    ["frobnicate", {}, -32601, "Invalid method format: frobnicate"],
  ] as const
) {
  Deno.test(`a hub's socket answers ${method} ${JSON.stringify(params)} with ${code}`, async () => {
    const sessions = new MemorySessions();
    sessions.create("s");
    await using hub = await hubSocket(sessions);
    using client = await hub.lines();
    assertEquals((await client.call(method, params)).error, { code, message });
  });
}

Deno.test("a hub's socket refuses params that are nested too deeply", async () => {
  await using hub = await hubSocket(new MemorySessions());
  using client = await hub.lines();
  const params = `${'{"a":'.repeat(300)}1${"}".repeat(300)}`;
  await client.sendRaw(`{"jsonrpc":"2.0","id":1,"method":"sessions.list","params":${params},"auth":"${TOKEN}"}\n`);
  assertEquals((await client.message()).error, { code: -32602, message: "the params are nested too deeply" });
});

Deno.test("a hub's socket refuses requests without the token", async () => {
  await using hub = await hubSocket(new MemorySessions());
  for (const token of ["", `${TOKEN.slice(0, -1)}x`, `${TOKEN}2`]) {
    using client = await hub.lines(token);
    assertEquals((await client.call("sessions.list")).error?.code, -32001);
    assertEquals((await client.call("session.follow")).error?.code, -32001);
  }
});

Deno.test("a hub's socket takes requests of almost 8 MiB, and ends a connection with a longer one", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  await using hub = await hubSocket(sessions);
  using client = await hub.lines();
  const prompt = "x".repeat((8 << 20) - 1_000);
  assertEquals((await client.call("prompt.send", { session_name: "s", prompt })).error, undefined);
  await client.send("prompt.send", { session_name: "s", prompt: "x".repeat(8 << 20) }).catch((error) => {
    if (!(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)) throw error;
  });
  const error = { code: -32013, message: "a request may have 8388608 bytes at most" };
  assertEquals((await client.message()).error, error);
});

Deno.test("a hub's socket returns a large payload in parts", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  const payload = { text: "é".repeat(200_000) };
  sessions.add("s", payload);
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  const [listed] = await client.call("session.events", { session_name: "s" });
  assertEquals(listed?.payload, { truncated: 400_011 });
  assertEquals(await client.call("session.event", { event_id: 1 }), sessions.event(1));
  let text = "";
  for (let total = 1; text.length < total;) {
    const part = await client.call("session.event", { event_id: 1, offset: text.length, length: 70_000 });
    if (!("text" in part)) throw new Error("not a part");
    [text, total] = [text + part.text, part.total];
  }
  assertEquals(JSON.parse(text), payload);
});

Deno.test("a page of events ends at 4 MiB", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  for (let i = 0; i < 100; i++) sessions.add("s", { text: "x".repeat(80_000) });
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  const ids: number[] = [];
  for (let page = [{ id: 0 }]; page.length > 0;) {
    page = [...await client.call("session.events", { session_name: "s", after: ids.at(-1) ?? 0 })];
    ids.push(...page.map(({ id }) => id));
    assertEquals(page.length <= 53, true, `${page.length}`);
  }
  assertEquals(ids, sessions.stored.map(({ id }) => id));
});

Deno.test("a hub's socket refuses a result that does not fit into a line, and says how to get it", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  const payload = { text: "é".repeat(4 << 20) };
  sessions.add("s", payload);
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  const error = await assertRejects(() => client.call("session.event", { event_id: 1 }), HubCallError);
  assertEquals([error.code, error.message], [
    -32013,
    `the result has ${(8 << 20) + 103} bytes, too many for one line: with offset and length it comes in parts`,
  ]);
  let text = "";
  for (let total = 1; text.length < total;) {
    const part = await client.call("session.event", { event_id: 1, offset: text.length });
    if (!("text" in part)) throw new Error("not a part");
    [text, total] = [text + part.text, part.total];
  }
  assertEquals(JSON.parse(text), payload);
});

Deno.test("a long prompt and a long input are shown as their sizes", async () => {
  const sessions = new MemorySessions();
  const at = "2026-01-01T00:00:00.000Z";
  const [short, long] = ["x".repeat(100_000), "é".repeat(200_000)];
  const queue = [short, long].map((prompt, i) => ({ id: `${i}`, prompt, at }));
  const shown = [{ ...queue[0]!, prompt: short }, { ...queue[1]!, prompt: { truncated: 400_002 } }];
  sessions.create("s", { queue });
  const permission = {
    session: "s",
    host: "here",
    at,
    tool_name: "Write",
    requires_user_interaction: false,
    covers: "",
  };
  sessions.pending.push({ ...permission, id: "p", input: { text: long } });
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  const seen = [
    (await client.call("sessions.list", {}))[0]!.queue,
    (await client.call("session.get", { session_name: "s" })).queue,
    (await client.call("session.configure", { session_name: "s", policy: "deny" })).queue,
  ];
  assertEquals(seen, [shown, shown, shown]);
  const [listed] = await client.call("permissions.list", {});
  assertEquals(listed?.input, { truncated: 400_011 });
  for await (const message of client.follow()) {
    if (message.type === "snapshot") {
      assertEquals([message.sessions[0]!.queue, message.permissions], [shown, [listed!]]);
      sessions.create("s", { queue });
    } else {
      assertEquals(message.type === "session" && message.session.queue, shown);
      break;
    }
  }
});

Deno.test("session.remove takes no prefix of an id", async () => {
  const sessions = new MemorySessions();
  sessions.create("abcdef", { name: "n" });
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  const error = await assertRejects(() => client.call("session.remove", { session_name: "abc" }), HubCallError);
  assertEquals([error.code, error.operation], [-32004, "session.remove"]);
  assertEquals(await client.call("session.remove", { session_name: "abcdef" }), { ok: true });
  assertEquals(sessions.list(), []);
});

Deno.test("session.remove does not say what a prefix of several sessions could mean", async () => {
  class Ambiguous extends MemorySessions {
    override get(reference: string): never {
      throw new SessionError("conflict", `"${reference}" could mean one or only`);
    }
  }
  const sessions = new Ambiguous();
  for (const name of ["one", "only"]) sessions.create(name);
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  const error = await assertRejects(() => client.call("session.remove", { session_name: "on" }), HubCallError);
  assertEquals([error.code, error.message], [-32004, 'no session has the id or the name "on"']);
});

Deno.test("daemon.stop answers, and ends the sessions first if that is wanted", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  await using hub = await hubSocket(sessions);
  await using client = await hub.connect();
  assertEquals(await client.call("daemon.stop", {}), { ok: true });
  assertEquals([hub.stops(), sessions.get("s").status], [1, "idle"]);
  assertEquals(await client.call("daemon.stop", { sessions: true }), { ok: true });
  assertEquals([hub.stops(), sessions.get("s").status], [2, "stopped"]);
});

Deno.test("a hub's socket logs a bug with its stack, and never the token", async () => {
  const sessions = new MemorySessions();
  await using hub = await hubSocket(sessions);
  using client = await hub.lines();
  await client.call("session.attach", { session_name: "s" });
  await client.call("session.frobnicate");
  assertMatch(hub.log(), /session\.attach failed: TypeError: a bug\n\s+at /);
  assertEquals(hub.log().includes(TOKEN), false);
});

Deno.test("a client goes on with another connection after the hub has restarted", async () => {
  await using hub = await hubSocket(new MemorySessions());
  await using client = await hub.connect();
  await hub.close();
  await waitFor("the client to notice", async () => {
    const error = await client.call("sessions.list", {}).catch((error) => error);
    assertInstanceOf(error, HubUnreachableError);
    return error.message === `no hub is listening on ${hub.socket}`;
  });
  await hub.open();
  assertEquals(await client.call("sessions.list", {}), []);
});

Deno.test("every operation has a path of its own in HTTP, whose parameters are its params", () => {
  const places = OPERATIONS.flatMap(({ name, http }) => http === undefined ? [] : [{ name, ...http }]);
  const keys = places.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ":")}`);
  assertEquals(new Set(keys).size, keys.length);
  for (const { path, pathParams = {}, name } of places) {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
    assertEquals(names.sort(), Object.keys(pathParams).sort(), name);
  }
});

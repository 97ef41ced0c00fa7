import { assertEquals, assertMatch } from "@std/assert";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { hubWeb, type Json, type RequestHeaders, type TestHubWeb } from "../../helpers/hub_web.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { rawRequest } from "../../helpers/raw_http.ts";
import { soon, waitFor } from "../../helpers/wait.ts";

const HEARTBEAT_MS = 20_000;

/** A server-sent event. */
interface Sent {
  readonly event: string;
  readonly id: string;
  readonly data: Json;
}

/** A reader of a stream, as a script would write one. */
interface StreamReader extends AsyncDisposable {
  /** What was sent so far; what is between two empty lines is one block. */
  blocks(): string[];
  events(): Sent[];
  /** The ids of the hub's events so far. */
  ids(): number[];
  /** Settles when the stream has ended. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

async function read(hub: TestHubWeb, query = "", headers: RequestHeaders = {}): Promise<StreamReader> {
  const { body, status } = await hub.open(`/api/events${query}`, { headers: { ...hub.owner, ...headers } });
  assertEquals(status, 200);
  const reader = body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const ended = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
    }
  })();
  const blocks = () => text.split("\n\n").slice(0, -1);
  const events = () => blocks().filter((block) => block.startsWith("event: ")).map(parse);
  return {
    blocks,
    events,
    ids: () => events().filter(({ event }) => event === "event").map(({ data }) => data.event.id),
    ended,
    stop: () => reader.cancel(),
    async [Symbol.asyncDispose]() {
      await reader.cancel();
      await ended;
    },
  };
}

function parse(block: string): Sent {
  const fields = Object.fromEntries(
    block.split("\n").map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  return { event: fields.event ?? "", id: fields.id ?? "", data: JSON.parse(fields.data ?? "") };
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

Deno.test("the stream of events begins with a snapshot, and goes on with what happens from then on", async () => {
  await using hub = await hubWeb();
  hub.sessions.add("s");
  const session = hub.sessions.get("s");
  await using stream = await read(hub);
  await waitFor("the snapshot", () => stream.events().length === 1);
  const event = hub.sessions.add("s", { text: "two\nlines, \r\u2028 and a third" });
  hub.sessions.announce({ type: "delta", session: "s", text: "ar" });
  await waitFor("all events", () => stream.events().length === 3);
  assertEquals(stream.blocks()[0], "retry: 1000");
  assertEquals(stream.events(), [
    {
      event: "snapshot",
      id: "1",
      data: { type: "snapshot", sessions: [session], permissions: [], partial: {}, last_event: 1 },
    },
    { event: "event", id: "2", data: { type: "event", event } },
    { event: "delta", id: "2", data: { type: "delta", session: "s", text: "ar" } },
  ]);
});

Deno.test("the stream of events has the type of one, and is not stored", async () => {
  await using hub = await hubWeb();
  const { headers, body } = await hub.open("/api/events", { headers: hub.owner });
  await body?.cancel();
  assertEquals([headers.get("content-type"), headers.get("cache-control")], ["text/event-stream", "no-store"]);
});

for (
  const [name, query, headers, expected] of [
    ["after", "?after=2", {}, [3, 4]],
    ["after 0", "?after=0", {}, [1, 2, 3, 4]],
    ["Last-Event-ID", "", { "last-event-id": "3" }, [4]],
    ["Last-Event-ID rather than after", "?after=0", { "last-event-id": "3" }, [4]],
    ["after, and a Last-Event-ID that is none,", "?after=3", { "last-event-id": "x" }, [4]],
    ["sessions", "?after=0&sessions=t", {}, [2, 4]],
    ["several sessions", "?after=0&sessions=s,name-t", {}, [1, 2, 3, 4]],
  ] as const
) {
  Deno.test(`the stream of events minds ${name}`, async () => {
    const sessions = new MemorySessions();
    for (const id of ["s", "t"]) sessions.create(id);
    for (const id of ["s", "t", "s", "t"]) sessions.add(id);
    await using hub = await hubWeb({ sessions });
    await using stream = await read(hub, query, headers);
    await waitFor("the past", () => stream.ids().includes(4));
    assertEquals(stream.ids(), [...expected]);
  });
}

Deno.test("the stream of events of a session that is not there is refused", async () => {
  await using hub = await hubWeb();
  const { status, json } = await hub.request("/api/events?sessions=none", { headers: hub.owner });
  assertEquals([status, json.detail, hub.sessions.listeners], [404, "there is no session none", 0]);
});

Deno.test("a reader that comes back again and again sees each event once", async () => {
  await using hub = await hubWeb();
  const seen: number[] = [];
  let lastId = "0";
  for (let cuts = 0; cuts < 20; cuts++) {
    await using stream = await read(hub, "", { "last-event-id": lastId });
    for (let i = 0; i < 20; i++) hub.sessions.add("s");
    await waitFor("some events", () => stream.ids().length >= 7);
    const events = stream.events();
    seen.push(...stream.ids());
    lastId = events.at(-1)!.id;
    await stream.stop();
    for (let i = 0; i < 5; i++) hub.sessions.add("s");
  }
  await using stream = await read(hub, "", { "last-event-id": lastId });
  await waitFor("the last event", () => stream.ids().at(-1) === 500);
  assertEquals([...seen, ...stream.ids()], upTo(500));
});

Deno.test("the stream of events shows that it lives, every 20 seconds", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  await using stream = await read(hub);
  await waitFor("the snapshot", () => stream.blocks().length === 2);
  clock.advance(HEARTBEAT_MS - 1);
  hub.sessions.add("s");
  await waitFor("the event", () => stream.blocks().length === 3);
  clock.advance(1);
  await waitFor("a sign of life", () => stream.blocks().length === 4);
  clock.advance(HEARTBEAT_MS);
  await waitFor("another sign of life", () => stream.blocks().length === 5);
  assertEquals(stream.blocks().slice(3), [":", ":"]);
});

Deno.test("a reader that goes away leaves nothing behind", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const pending = clock.pending;
  {
    await using _stream = await read(hub);
  }
  await waitFor("nobody to read", () => hub.sessions.listeners === 0 && clock.pending === pending);
});

Deno.test("a hub that stops ends the stream of events", async () => {
  await using hub = await hubWeb();
  await using stream = await read(hub);
  hub.sessions.add("s");
  await hub.stop();
  await soon("the end", stream.ended);
  assertEquals(stream.ids(), [1]);
});

Deno.test("a reader that does not read is cut off, and leaves nothing behind", async () => {
  await using hub = await hubWeb();
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  const request = rawRequest("GET", "/api/events", { host: "localhost", ...hub.owner });
  await conn.write(new TextEncoder().encode(request));
  await waitFor("the stream", () => hub.sessions.listeners === 1);
  while (hub.sessions.listeners > 0) {
    hub.sessions.add("s", { text: "x".repeat(100_000) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  assertMatch(hub.log(), /an event stream is cut off: its client does not read/);
});

Deno.test("a browser's stream of events needs the page's key", async () => {
  await using hub = await hubWeb();
  const { headers, cookie } = await hub.signIn({ token: hub.token });
  assertEquals((await hub.request("/api/events", { headers: { cookie } })).status, 401);
  const { status, body } = await hub.open("/api/events", { headers });
  await body?.cancel();
  assertEquals(status, 200);
});

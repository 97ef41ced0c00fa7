import { assertEquals } from "@std/assert";
import { serveLiveSocket } from "../../../lib/hub/http/live_socket.ts";
import type { LiveConnection } from "../../../lib/hub/http/live_connections.ts";
import { serveTerminalSocket } from "../../../lib/hub/http/terminal_socket.ts";
import type { HubNotice } from "../../../lib/hub/hub_client.ts";
import { SOCKET_CALLER } from "../../../lib/hub/caller.ts";
import { LiveFeed } from "../../../lib/hub/live_feed.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { createLogger } from "../../../lib/system/log.ts";
import { Topics } from "../../../lib/system/topics.ts";
import { connectLive } from "../../helpers/live_client.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { soon, waitFor } from "../../helpers/wait.ts";

const clock = systemClock;
const log = createLogger({ level: "error", write: () => {} });

/** Ends a WebSocket as soon as it is served; returns what its client is told. */
async function closeOf(serve: (socket: WebSocket) => LiveConnection, end: (live: LiveConnection) => void) {
  const { promise: closed, resolve: noteClosed } = Promise.withResolvers<void>();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const live = serve(socket);
    end(live);
    void live.closed.then(noteClosed);
    return response;
  });
  await using client = await connectLive(`ws://127.0.0.1:${server.addr.port}`, {});
  const close = await client.closed();
  await soon("the end", closed);
  return close;
}

for (
  const [name, end, close] of [
    ["goAway()", "goAway", { code: 1001, reason: "the hub stops" }],
    ["revoke()", "revoke", { code: 1008, reason: "signed out" }],
  ] as const
) {
  Deno.test(`${name} closes a WebSocket that is not open yet`, async () => {
    using feed = new LiveFeed(new MemorySessions());
    const serve = (socket: WebSocket) =>
      serveLiveSocket(socket, { feed, caller: SOCKET_CALLER, followsInSilence: false, clock, log });
    assertEquals(await closeOf(serve, (live) => live[end]()), close);
  });

  Deno.test(`${name} closes the WebSocket of a terminal that is not open yet`, async () => {
    const options = { sessions: new MemorySessions(), session: "s", isReadOnly: false, clock, log };
    const serve = (socket: WebSocket) => serveTerminalSocket(socket, options);
    assertEquals(await closeOf(serve, (live) => live[end]()), close);
  });
}

Deno.test("a client gets the notices of the topics that it watches, and of other ones once it changes them", async () => {
  const topics = new Topics<HubNotice>();
  using feed = new LiveFeed(new MemorySessions(), topics);
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    serveLiveSocket(socket, { feed, caller: SOCKET_CALLER, followsInSilence: false, clock, log });
    return response;
  });
  await using client = await connectLive(`ws://127.0.0.1:${server.addr.port}`, {});
  client.send({ type: "subscribe", watch: ["projects"] });
  await waitFor("the first topic", () => topics.isWatched("projects"));
  topics.publish({ topic: "instances", removed: "a" });
  topics.publish({ topic: "projects", name: "site" });
  client.send({ type: "watch", topics: ["instances"] });
  await waitFor("the second topic", () => topics.isWatched("instances"));
  topics.publish({ topic: "projects" });
  topics.publish({ topic: "instances", removed: "b" });
  await client.message("the last notice", ({ removed }) => removed === "b");
  assertEquals(client.messages.slice(1), [
    { type: "notice", topic: "projects", name: "site" },
    { type: "notice", topic: "instances", removed: "b" },
  ]);
  assertEquals(topics.isWatched("projects"), false);
});

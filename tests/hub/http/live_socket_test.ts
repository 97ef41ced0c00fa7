import { assertEquals } from "@std/assert";
import { serveLiveSocket } from "../../../lib/hub/http/live_socket.ts";
import { LiveFeed } from "../../../lib/hub/live_feed.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { createLogger } from "../../../lib/system/log.ts";
import { connectLive } from "../../helpers/live_client.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { soon } from "../../helpers/wait.ts";

for (
  const [name, end, close] of [
    ["goAway()", "goAway", { code: 1001, reason: "the hub stops" }],
    ["revoke()", "revoke", { code: 1008, reason: "signed out" }],
  ] as const
) {
  Deno.test(`${name} closes a WebSocket that is not open yet`, async () => {
    using feed = new LiveFeed(new MemorySessions());
    const log = createLogger({ level: "error", write: () => {} });
    const { promise: closed, resolve: noteClosed } = Promise.withResolvers<void>();
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      const live = serveLiveSocket(socket, { feed, followsInSilence: false, clock: systemClock, log });
      live[end]();
      void live.closed.then(noteClosed);
      return response;
    });
    await using client = await connectLive(`ws://127.0.0.1:${server.addr.port}`, {});
    assertEquals(await client.closed(), close);
    await soon("the end", closed);
  });
}

import { assertEquals } from "@std/assert";
import { SOCKET_CALLER } from "../../../lib/hub/caller.ts";
import type { LiveConnection } from "../../../lib/hub/http/live_connections.ts";
import { serveLiveSocket } from "../../../lib/hub/http/live_socket.ts";
import { serveTerminalSocket } from "../../../lib/hub/http/terminal_socket.ts";
import { LiveFeed } from "../../../lib/hub/live_feed.ts";
import { systemClock } from "../../../lib/system/clock.ts";
import { createLogger } from "../../../lib/system/log.ts";
import { connectLive } from "../../helpers/live_client.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { soon } from "../../helpers/wait.ts";

const SESSIONS = new MemorySessions();
const BASICS = { caller: SOCKET_CALLER, clock: systemClock, log: createLogger({ level: "error", write: () => {} }) };

/** What serves a WebSocket, by name. */
const SERVERS: readonly (readonly [string, (socket: WebSocket) => LiveConnection])[] = [
  [
    "live events",
    (socket) => serveLiveSocket(socket, { ...BASICS, feed: new LiveFeed(SESSIONS), followsInSilence: false }),
  ],
  [
    "a terminal",
    (socket) => serveTerminalSocket(socket, { ...BASICS, sessions: SESSIONS, session: "s", isReadOnly: true }),
  ],
];

const ENDS = [["goAway", { code: 1001, reason: "the hub stops" }], ["revoke", {
  code: 1008,
  reason: "signed out",
}]] as const;

for (const [name, serve] of SERVERS) {
  for (const [end, close] of ENDS) {
    Deno.test(`${end}() closes a WebSocket of ${name} that is not open yet`, async () => {
      const { promise: closed, resolve: noteClosed } = Promise.withResolvers<void>();
      await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request);
        const live = serve(socket);
        live[end]();
        void live.closed.then(noteClosed);
        return response;
      });
      await using client = await connectLive(`ws://127.0.0.1:${server.addr.port}`, {});
      assertEquals(await client.closed(), close);
      await soon("the end", closed);
    });
  }
}

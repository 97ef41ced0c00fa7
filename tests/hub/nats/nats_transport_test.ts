import { assert, assertEquals } from "@std/assert";
import { NatsTransport } from "../../../lib/hub/nats/nats_transport.ts";
import { soon } from "../../helpers/wait.ts";

const INFO = 'INFO {"server_id":"x","version":"2.9.0","max_payload":1048576,"proto":1,"headers":true}\r\n';
/** How many small messages the server sends. */
const MESSAGES = 150;

/** Connects to a server that sends many small messages, one after the other. */
async function connected(send: (connection: Deno.TcpConn, transport: NatsTransport) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const transport = new NatsTransport([], () => {});
  const sending = (async () => {
    using connection = await listener.accept();
    await connection.write(new TextEncoder().encode(INFO));
    await send(connection, transport);
  })();
  const { port } = listener.addr;
  await transport.connect({ hostname: "127.0.0.1", port } as Parameters<NatsTransport["connect"]>[0], {});
  return {
    transport,
    async [Symbol.asyncDispose]() {
      await transport.close();
      listener.close();
      await sending;
    },
  };
}

Deno.test("what comes in many small pieces is received whole and in order", async () => {
  await using server = await connected(async (connection) => {
    for (let i = 0; i < MESSAGES; i++) {
      await connection.write(new TextEncoder().encode(`${i},`));
      // As far apart as events of many hosts.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  });
  const decoder = new TextDecoder();
  let text = "";
  await soon(
    "the end",
    (async () => {
      for await (const piece of server.transport) {
        text += decoder.decode(piece, { stream: true });
      }
    })(),
  );
  assertEquals(text, INFO + Array.from({ length: MESSAGES }, (_, i) => `${i},`).join(""));
});

Deno.test("a transport that is closed while data gathers ends at once, and leaves nothing", async () => {
  await using server = await connected(async (connection, transport) => {
    while (!transport.isClosed) {
      try {
        await connection.write(new TextEncoder().encode("x"));
      } catch {
        return; // the transport was closed
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  });
  let reads = 0;
  await soon(
    "the end",
    (async () => {
      for await (const _ of server.transport) if (++reads === 20) server.transport.disconnect();
    })(),
  );
  assert(reads >= 20 && server.transport.isClosed);
});

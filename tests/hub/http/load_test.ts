import { assertEquals } from "@std/assert";
import { addEvents, OTHER_SESSION, startHubProcess } from "../../helpers/hub_process.ts";
import { soon, waitFor } from "../../helpers/wait.ts";
import { fanOut } from "../../load/fan_out.ts";

Deno.test("every client gets each event once and in order, while one does not read and is cut off", async () => {
  await using hub = await startHubProcess({ CLAUSTRUM_LOG_LEVEL: "info" });
  const { times } = await fanOut(hub, { clients: 50, events: { count: 400 } });
  assertEquals(times.length, 50 * 400);
});

Deno.test("an event stream whose client does not read is cut off, and its connection ends", async () => {
  await using hub = await startHubProcess({ CLAUSTRUM_LOG_LEVEL: "info" });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  const lines = ["GET /api/events HTTP/1.1", `Host: 127.0.0.1`, `Authorization: Bearer ${hub.token}`];
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  await connection.read(new Uint8Array(1));
  await using client = await hub.connect();
  const prompt = addEvents({ count: 1_000, bytes: 20_000 });
  await client.call("prompt.send", { session_name: OTHER_SESSION, prompt });
  await waitFor("the stream to be cut off", () => hub.log().includes("an event stream is cut off"));
  await soon("the connection to end", readToEnd(connection));
});

async function readToEnd(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(1 << 16);
  try {
    while (await connection.read(buffer) !== null);
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
}

import { assertEquals } from "@std/assert";
import { startHubProcess } from "../../helpers/hub_process.ts";
import { waitFor } from "../../helpers/wait.ts";

/** Fewer than the connections of the test, and more than a hub needs. */
const MAX_FILES = 200;

/** Returns `undefined` if nobody takes the connection. */
async function connect(port: number): Promise<Deno.Conn | undefined> {
  try {
    return await Deno.connect({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.ConnectionReset) {
      return undefined;
    }
    throw error;
  }
}

Deno.test("the web address comes back after more connections than the hub may have files", async () => {
  await using hub = await startHubProcess({}, MAX_FILES);
  const connections: Deno.Conn[] = [];
  try {
    await waitFor("the web address to fail", async () => {
      const connection = await connect(hub.port);
      if (connection !== undefined) connections.push(connection);
      return hub.log().includes("the web address has failed");
    });
  } finally {
    for (const connection of connections) connection.close();
  }
  const reply = await waitFor("the web address to answer", async () => {
    const response = await fetch(`${hub.url}/healthz`).catch((error) => {
      if (error instanceof TypeError) return undefined; // nobody listens
      throw error;
    });
    return response && { status: response.status, text: await response.text() };
  });
  assertEquals(reply, { status: 200, text: '{"status":"ok"}' });
});

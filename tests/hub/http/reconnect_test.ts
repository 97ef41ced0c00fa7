import { assertEquals } from "@std/assert";
import { startHubProcess } from "../../helpers/hub_process.ts";
import { followOverCuts, overSocket, overStream } from "../../load/reconnect.ts";

for (const [name, follow] of [["a WebSocket", overSocket], ["server-sent events", overStream]] as const) {
  Deno.test(`a client that loses its connection gets each event once and in order over ${name}`, async () => {
    await using hub = await startHubProcess();
    const count = await followOverCuts(hub, follow, 60, 1);
    assertEquals(count > 60, true, `${count} events`);
  });
}

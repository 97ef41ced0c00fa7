import { assertEquals } from "@std/assert";
import { OPERATIONS } from "../../lib/hub/operations.ts";
import { isForwardable } from "../../lib/hub/hosts/forwarding.ts";
import { hubSocket } from "../helpers/hub_socket.ts";
import { MemorySessions } from "../helpers/memory_sessions.ts";

Deno.test("a client of the socket that says it is a hub may do what hubs may, under its name", async () => {
  const sessions = new MemorySessions();
  sessions.create("s");
  await using hub = await hubSocket(sessions);
  using client = await hub.lines();
  assertEquals((await client.call("tokens.list", {})).result as unknown, []);
  assertEquals((await client.call("hub.introduce", { name: "near" })).result as unknown, { ok: true });
  await client.call("permission.answer", { permission_id: "p", decision: "deny" });
  assertEquals(sessions.answers.map(({ by }) => by), ["near"]);
  assertEquals((await client.call("sessions.list", { host: "third" })).error?.code, -32010);
  assertEquals((await client.call("sessions.list", { host: "here" })).error, undefined);
  for (const { name, isHttpOnly } of OPERATIONS) {
    if (isForwardable(name) || isHttpOnly) continue;
    assertEquals([name, (await client.call(name, {})).error?.code], [name, -32010]);
  }
  assertEquals(hub.stops(), 0);
});

Deno.test("a hub must have a name", async () => {
  await using hub = await hubSocket(new MemorySessions());
  using client = await hub.lines();
  for (const params of [{}, { name: "" }, { name: "x".repeat(201) }, { name: 1 }, { name: "x", other: 1 }]) {
    assertEquals((await client.call("hub.introduce", params)).error?.code, -32602);
  }
});

import { assertEquals } from "@std/assert";
import { hubWeb } from "../../helpers/hub_web.ts";

Deno.test("a hub with a certificate serves https", async () => {
  await using hub = await hubWeb({ isTls: true });
  assertEquals(new URL(hub.url).protocol, "https:");
  assertEquals((await hub.request("/healthz")).json, { status: "ok" });
});

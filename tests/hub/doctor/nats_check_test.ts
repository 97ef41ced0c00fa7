import { assertEquals } from "@std/assert";
import { checkNats } from "../../../lib/hub/doctor/nats_check.ts";

Deno.test("checkNats() says what needs a person, and nothing without NATS", () => {
  assertEquals(checkNats(undefined), undefined);
  assertEquals(checkNats({ problem: undefined }), { name: "nats", status: "ok", message: "connected" });
  assertEquals(checkNats({ problem: "two hubs" }), { name: "nats", status: "warning", message: "two hubs" });
});

import { assertEquals } from "@std/assert";
import { resultOfHost } from "../../../lib/hub/hosts/host_messages.ts";

Deno.test("resultOfHost() names the host as it is named here, also in a list", () => {
  assertEquals(resultOfHost({ id: "a", host: "vm" }, "box"), { id: "a", host: "box" });
  assertEquals(resultOfHost([{ id: "a", host: "vm" }], "box"), [{ id: "a", host: "box" }]);
});

Deno.test("resultOfHost() leaves alone what tells no host", () => {
  assertEquals(resultOfHost({ ok: true }, "box"), { ok: true });
  assertEquals(resultOfHost(["text", null], "box"), ["text", null]);
});

import { assertEquals } from "@std/assert";
import { stateOf } from "../../../lib/web/state/instance_text.ts";
import { instance } from "../helpers/notices.ts";

Deno.test("stateOf() tells no more than is known of an instance", () => {
  const states = [
    instance("a", { unconfirmed: true }),
    instance("a", { status: "error" }),
    instance("a", { status: "stopped", intentional_stop: true }),
    instance("a", { status: "stopped" }),
  ].map(stateOf);
  assertEquals(states.map(({ name }) => name), ["Running, unconfirmed", "Not ready", "Stopped", "Stopped"]);
  assertEquals(states.map(({ text }) => text !== undefined), [true, true, false, true]);
});

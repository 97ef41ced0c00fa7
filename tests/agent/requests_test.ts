import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as requests from "../../lib/agent/requests.ts";

Deno.test("each request is the line that the agent CLI was measured to take", () => {
  const line = (json: unknown) => `${JSON.stringify(json)}\n`;
  const request = (value: unknown) => line({ type: "control_request", request_id: "r", request: value });
  const response = (value: unknown) => line({ type: "control_response", response: value });
  assertEquals(
    requests.userLine({ uuid: "u", content: "hi" }),
    line({ type: "user", uuid: "u", message: { role: "user", content: "hi" } }),
  );
  assertEquals(requests.initializeLine("r"), request({ subtype: "initialize", hooks: null }));
  assertEquals(requests.interruptLine("r"), request({ subtype: "interrupt" }));
  assertEquals(requests.setModeLine("r", "plan"), request({ subtype: "set_permission_mode", mode: "plan" }));
  assertEquals(requests.setModelLine("r", null), request({ subtype: "set_model", model: null }));
  assertEquals(
    requests.permissionLine("r", { behavior: "deny", message: "no", interrupt: true }),
    response({
      subtype: "success",
      request_id: "r",
      response: { behavior: "deny", message: "no", interrupt: true },
    }),
  );
  assertEquals(
    requests.permissionLine("r", { behavior: "allow" }),
    response({ subtype: "success", request_id: "r", response: { behavior: "allow" } }),
  );
  assertEquals(
    requests.requestErrorLine("r", "no"),
    response({ subtype: "error", request_id: "r", error: "no" }),
  );
});

Deno.test("userLine() is one line of JSON, whatever the prompt", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (content) => {
    const line = requests.userLine({ uuid: "u", content });
    assertEquals(line.indexOf("\n"), line.length - 1);
    assertEquals(JSON.parse(line).message.content, content);
  }));
  const lone = new TextEncoder().encode(requests.userLine({ uuid: "u", content: "\ud800\n" }));
  assert(!lone.includes(0xef), "half a character is escaped and so survives UTF-8");
});

Deno.test("userLine() passes content blocks on as they are", () => {
  const content = [{ type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } }];
  assertEquals(JSON.parse(requests.userLine({ uuid: "u", content })).message.content, content);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { createHmac } from "node:crypto";
import type { Notice } from "../../../lib/hub/webhooks/notice.ts";
import { webhookRequest } from "../../../lib/hub/webhooks/webhook_request.ts";

const URL_OF_HUB = "http://127.0.0.1:7621";

function notice(more: Partial<Notice> = {}): Notice {
  return {
    id: "n",
    event: "session.waiting_permission",
    at: "2026-11-21T00:00:00.000Z",
    host: "desk",
    session: { id: "s", name: "web" },
    permission: { id: "p", tool_name: "Bash" },
    content: { description: "List <files>", input: { command: "ls & rm" } },
    ...more,
  };
}

const plain = { secret: undefined, includesContent: false } as const;

Deno.test("webhookRequest() sends JSON with the hub's address, and without content unless it is wanted", () => {
  const { content, ...rest } = notice();
  const { headers, body } = webhookRequest({ ...plain, format: "json" }, notice(), URL_OF_HUB);
  assertEquals(JSON.parse(body), { ...rest, url: URL_OF_HUB });
  assertEquals([headers["content-type"], headers["x-claustrum-signature"]], ["application/json", undefined]);
  const whole = webhookRequest({ ...plain, format: "json", includesContent: true }, notice(), undefined);
  assertEquals(JSON.parse(whole.body), { ...rest, content });
});

Deno.test("webhookRequest() signs the body when there is a secret", () => {
  const secret = "sixteen letters!";
  for (const format of ["json", "ntfy", "slack"] as const) {
    const { headers, body } = webhookRequest({ ...plain, format, secret }, notice(), URL_OF_HUB);
    const expected = createHmac("sha256", secret).update(body).digest("hex");
    assertEquals(headers["x-claustrum-signature"], `sha256=${expected}`);
  }
});

for (
  const [more, title, priority, tags] of [
    [{}, "web waits for a permission: Bash", "4", "question"],
    [{ event: "session.stopped" }, "web has stopped", "3", "stop_button"],
    [{ event: "session.error" }, "web has failed", "4", "rotating_light"],
    [{ event: "turn.finished", is_error: false }, "web has finished a turn", "3", "white_check_mark"],
    [{ event: "turn.finished", is_error: true }, "a turn of web has failed", "4", "rotating_light"],
  ] as const
) {
  Deno.test(`webhookRequest() has ntfy show "${title}"`, () => {
    const { headers, body } = webhookRequest({ ...plain, format: "ntfy" }, notice(more), URL_OF_HUB);
    assertEquals(body, "on desk");
    assertEquals([headers.title, headers.priority, headers.tags, headers.click], [
      title,
      priority,
      tags,
      `${URL_OF_HUB}/permissions/p`,
    ]);
  });
}

Deno.test("webhookRequest() has ntfy open the session when no permission waits", () => {
  const { permission: _permission, ...rest } = notice({ event: "session.stopped" });
  assertEquals(
    webhookRequest({ ...plain, format: "ntfy" }, rest, URL_OF_HUB).headers.click,
    `${URL_OF_HUB}/sessions/s`,
  );
});

Deno.test("webhookRequest() has ntfy show content when it is wanted", () => {
  const { body } = webhookRequest({ ...plain, format: "ntfy", includesContent: true }, notice(), undefined);
  assertEquals(body, 'on desk\nList <files>\n{"command":"ls & rm"}');
});

Deno.test("webhookRequest() encodes a title that is not ASCII", () => {
  const session = { id: "s", name: "häuser" };
  const { headers } = webhookRequest({ ...plain, format: "ntfy" }, notice({ session }), undefined);
  const [, encoded = ""] = /^=\?UTF-8\?B\?(.+)\?=$/.exec(headers.title!) ?? [];
  const decoded = new TextDecoder().decode(Uint8Array.fromBase64(encoded));
  assertEquals(decoded, "häuser waits for a permission: Bash");
  assertEquals("click" in headers, false);
});

Deno.test("webhookRequest() has Slack show a line with a link, and escapes what Slack would read as markup", () => {
  const request = webhookRequest({ ...plain, format: "slack", includesContent: true }, notice(), URL_OF_HUB);
  assertEquals(JSON.parse(request.body), {
    text: "web waits for a permission: Bash on desk\nList &lt;files&gt;\n" +
      `{"command":"ls &amp; rm"} <${URL_OF_HUB}/permissions/p|open>`,
  });
});

Deno.test("webhookRequest() cuts what is too long for a message to a person", () => {
  const long = notice({ event: "turn.finished", content: { result: "x".repeat(3_000) } });
  const { body } = webhookRequest({ ...plain, format: "ntfy", includesContent: true }, long, undefined);
  assertStringIncludes(body, `${"x".repeat(1_000)}…`);
  assertEquals(body.includes("x".repeat(1_001)), false);
});

import { assertEquals } from "@std/assert";
import { pushNotification } from "../../../lib/web/worker/push_message.ts";

Deno.test("pushNotification() leads to the permission, below the base path", () => {
  const message = { kind: "needs_you", session: "s", permission: "p", path: "/permissions/p" };
  assertEquals(pushNotification(message, "/hub"), {
    title: "A session needs you",
    tag: "permission:p",
    href: "/hub/permissions/p",
  });
});

Deno.test("pushNotification() leads to the session that has finished", () => {
  const message = { kind: "finished", session: "s", path: "/sessions/s" };
  assertEquals(pushNotification(message, ""), {
    title: "A session has finished",
    tag: "finished:s",
    href: "/sessions/s",
  });
});

Deno.test("pushNotification() says something of what it does not know, and stays on the hub", () => {
  for (const message of [null, {}, { kind: "toString", path: "//elsewhere.example/" }, { path: "http://elsewhere" }]) {
    const { title, href } = pushNotification(message, "/hub");
    assertEquals([title, href], ["A session has news", "/hub/"]);
  }
});

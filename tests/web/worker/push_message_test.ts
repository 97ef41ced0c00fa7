import { assertEquals } from "@std/assert";
import { notificationOf } from "../../../lib/web/worker/push_message.ts";

const shownFor = (message: unknown, base = "") =>
  notificationOf(typeof message === "string" ? message : JSON.stringify(message), base, "hub.example.org");

Deno.test("notificationOf() says what happened, and leads to the page about it", () => {
  const [session, body] = ["s", "on hub.example.org"];
  assertEquals(shownFor({ kind: "needs_you", session, permission: "p", path: "/permissions/p" }), {
    title: "A session needs you",
    body,
    tag: "permission:p",
    href: "/permissions/p",
  });
  assertEquals(shownFor({ kind: "finished", session, path: "/sessions/s" }, "/hub"), {
    title: "A session has finished",
    body,
    tag: "finished:s",
    href: "/hub/sessions/s",
  });
  assertEquals(shownFor({ kind: "failed", session, path: "/sessions/s" }).title, "A session has failed");
});

Deno.test("notificationOf() shows something for whatever comes", () => {
  const unknown = { title: "Something happened", body: "on hub.example.org", tag: "claustrum", href: "/" };
  for (
    const message of ["", "no JSON", "null", "[]", '"text"', {}, { kind: "other" }, { kind: 1, session: 2, path: 3 }]
  ) {
    assertEquals(shownFor(message), unknown);
  }
});

Deno.test("notificationOf() leads nowhere but to sessions and permissions of this hub", () => {
  for (
    const path of ["//example.org", "https://example.org", "/settings", "/sessions/../settings", "/sessions/a b", ""]
  ) {
    assertEquals(shownFor({ kind: "finished", session: "s", path }, "/hub").href, "/hub/");
  }
});

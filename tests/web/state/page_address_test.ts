import { assertEquals } from "@std/assert";
import { onHost, pathOf, routeOf } from "../../../lib/web/state/page_address.ts";

for (
  const path of [
    "/hosts",
    "/new-project",
    "/projects/web",
    "/projects/a%20b/history/1",
    "/sessions/1/changes",
    "/sessions/1/terminal",
  ]
) {
  Deno.test(`routeOf() reads what pathOf() writes: ${path}`, () => {
    assertEquals(pathOf(routeOf(path, "")), path);
  });
}

for (const path of ["/new-project", "/projects/web", "/projects/a%20b/history/1"]) {
  Deno.test(`routeOf() reads on which host a page is: ${path}`, () => {
    assertEquals(pathOf(routeOf(path, "?host=a%20b")), `${path}?host=a%20b`);
  });
}

Deno.test("onHost() leaves pages alone that belong to no host, and hosts that are named", () => {
  assertEquals(onHost({ page: "project", project: "web" }, "box"), { page: "project", project: "web", host: "box" });
  assertEquals(onHost({ page: "project", project: "web" }, undefined), { page: "project", project: "web" });
  assertEquals(onHost({ page: "home" }, "box"), { page: "home" });
  const named = { page: "project", project: "web", host: "mill" } as const;
  assertEquals(onHost(named, "box"), named);
});

Deno.test("routeOf() reads of which host Home shows the sessions", () => {
  assertEquals(routeOf("/", "?host=a%20b"), { page: "home", host: "a b" });
  assertEquals(routeOf("/", "?host="), { page: "home" });
  assertEquals(pathOf({ page: "home", host: "a b" }), "/?host=a%20b");
});

for (
  const path of [
    "/hosts/box",
    "/projects",
    "/projects/web/other",
    "/projects/web/history",
    "/new-project/x",
    "/sessions/1/2/3",
  ]
) {
  Deno.test(`routeOf() leads nowhere: ${path}`, () => {
    assertEquals(routeOf(path, ""), { page: "unknown" });
  });
}

import { assertEquals } from "@std/assert";
import { pathOf, routeOf } from "../../../lib/web/state/page_address.ts";

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

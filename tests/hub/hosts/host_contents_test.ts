import { assertEquals } from "@std/assert";
import { HostContents } from "../../../lib/hub/hosts/host_contents.ts";
import { HostIds } from "../../../lib/hub/hosts/id_owners.ts";
import { farPermission, farSession, farSnapshot } from "../../helpers/stand_in_host.ts";

Deno.test("put() and replace() keep so many sessions of a host, and no more", () => {
  const contents = new HostContents("box", new HostIds());
  const flood = farSession("one");
  for (let i = 0; i < 10_100; i++) contents.put({ ...flood, id: `s${i}` });
  assertEquals([contents.sessions.length, contents.has("s9999"), contents.has("s10000")], [10_000, true, false]);
  contents.put({ ...flood, id: "s0", name: "still told" });
  assertEquals(contents.sessions[0]?.name, "still told");
  contents.replace([flood]);
  assertEquals(contents.sessions.map(({ id, host }) => [id, host]), [["one", "box"]]);
});

Deno.test("what a host has is free for others as soon as it has it no more", () => {
  const ids = new HostIds();
  const [box, lab] = [new HostContents("box", ids), new HostContents("lab", ids)];
  box.replace([farSession("a", { permissions: ["p"] })]);
  box.replacePermissions([farPermission("p", "a")]);
  lab.replace([farSession("a"), farSession("b", { permissions: ["p"] })]);
  lab.replacePermissions([farPermission("p", "b"), farPermission("q", "a")]);
  assertEquals([lab.sessions.map(({ id }) => id), lab.permissions], [["b"], []]);
  const shown = lab.shown({ ...farSnapshot([farSession("a"), farSession("b")]), partial: { a: "lies", b: "truth" } });
  assertEquals(shown?.type === "snapshot" && [shown.sessions.length, shown.partial], [1, { b: "truth" }]);
  box.remove("a");
  lab.put(farSession("a", { permissions: ["p"] }));
  lab.replacePermissions([farPermission("p", "a")]);
  assertEquals([lab.sessions.length, lab.permissions.length, lab.permissions[0]?.host], [2, 1, "lab"]);
});

Deno.test("put() says whether a permission is asked for that is not known", () => {
  const contents = new HostContents("box", new HostIds());
  assertEquals(contents.put(farSession("a", { permissions: ["p"] })), true);
  contents.replacePermissions([farPermission("p", "a")]);
  assertEquals(contents.put(farSession("a", { permissions: ["p"] })), false);
  assertEquals(contents.put(farSession("a")), false);
  assertEquals(contents.permissions, []);
});

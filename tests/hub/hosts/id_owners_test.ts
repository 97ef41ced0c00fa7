import { assertEquals } from "@std/assert";
import { HostIds, IdOwners } from "../../../lib/hub/hosts/id_owners.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";

Deno.test("claim() gives an id to the first host, until that releases it, and never one of the hub", () => {
  const collisions: unknown[] = [];
  const owners = new IdOwners((id) => id === "own", (...collision) => void collisions.push(collision));
  assertEquals([owners.claim("a", "box"), owners.claim("a", "box"), owners.claim("a", "lab")], [true, true, false]);
  assertEquals([owners.claim("own", "box"), owners.hostOf("own")], [false, undefined]);
  assertEquals(collisions, [["a", "lab", "box"], ["own", "box", undefined]]);
  assertEquals(["box", "lab"].map((host) => owners.isOthers("a", host)), [false, true]);
  assertEquals([owners.isOthers("own", "box"), owners.isOthers("new", "box")], [true, false]);
  owners.release("a", "lab");
  assertEquals(owners.hostOf("a"), "box");
  owners.release("a", "box");
  assertEquals(owners.claim("a", "lab"), true);
});

Deno.test("hostOf() knows what the hub has first: by id, name and prefix", () => {
  const sessions = new MemorySessions();
  sessions.create("0123", { name: "web" });
  const ids = new HostIds(sessions);
  for (const id of ["01", "far"]) ids.sessions.claim(id, "box");
  for (const id of ["p"]) ids.permissions.claim(id, "box");
  const hostOf = (session_name: string) => ids.hostOf({ session_name });
  assertEquals(["0123", "01", "web", "far", "nobody"].map(hostOf), [undefined, undefined, undefined, "box", undefined]);
  assertEquals(["p", "q"].map((permission_id) => ids.hostOf({ permission_id })), ["box", undefined]);
  for (const params of [null, undefined, {}, { session_name: 5 }, { permission_id: {} }]) {
    assertEquals(ids.hostOf(params), undefined);
  }
});

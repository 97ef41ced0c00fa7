import { assertEquals } from "@std/assert";
import { EMPTY_INSTANCE_FORM, instanceParams, obstacleOf } from "../../../lib/web/state/instance_form.ts";
import { project } from "../helpers/notices.ts";

Deno.test("obstacleOf() lets nobody bypass permissions without the configuration and the project's name", () => {
  const bypass = { ...EMPTY_INSTANCE_FORM, permissionMode: "bypassPermissions" };
  const open = project("web", { allow_bypass_permissions: true });
  assertEquals(obstacleOf(EMPTY_INSTANCE_FORM, project("web")), undefined);
  assertEquals(obstacleOf({ ...bypass, confirm: "web" }, project("web")), "not allowed");
  assertEquals(obstacleOf({ ...bypass, confirm: "we" }, open), "not confirmed");
  assertEquals(obstacleOf({ ...bypass, confirm: "web" }, open), undefined);
});

Deno.test("instanceParams() says nothing that was not chosen, and no place for sessions in a terminal", () => {
  assertEquals(instanceParams(EMPTY_INSTANCE_FORM, "web"), {
    project: "web",
    permission_mode: "default",
  });
  assertEquals(instanceParams({ ...EMPTY_INSTANCE_FORM, spawnMode: "worktree" }, "web"), {
    project: "web",
    spawn_mode: "worktree",
    permission_mode: "default",
  });
  assertEquals(instanceParams({ ...EMPTY_INSTANCE_FORM, mode: "pty", name: " phone " }, "web"), {
    project: "web",
    name: "phone",
    mode: "pty",
    permission_mode: "default",
  });
});

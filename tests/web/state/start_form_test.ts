import { assertEquals } from "@std/assert";
import {
  EMPTY_FORM,
  needsConfirmation,
  offeredPaths,
  projectAt,
  recentPaths,
  startParams,
  untrustedPath,
} from "../../../lib/web/state/start_form.ts";

Deno.test("startParams() leaves out what was not filled in", () => {
  assertEquals(startParams({ ...EMPTY_FORM, path: " /src/web/ ", name: "  " }, false), { path: "/src/web" });
});

Deno.test("startParams() keeps the root directory", () => {
  assertEquals(startParams({ ...EMPTY_FORM, path: "/" }, false), { path: "/" });
});

Deno.test("startParams() passes what was filled in", () => {
  const form = {
    path: "/src/web",
    worktree: "mend ",
    name: "web",
    prompt: " go\n",
    model: "opus",
    mode: "plan",
    policy: "deny",
    claudeArgs: "--verbose",
    resume: "id",
    isFork: true,
    confirm: "web",
  } as const;
  assertEquals(startParams(form, true), {
    path: "/src/web",
    name: "web",
    worktree: "mend",
    model: "opus",
    permission_mode: "plan",
    claude_args: "--verbose",
    resume: "id",
    policy: "deny",
    prompt: " go\n",
    fork: true,
    trust: true,
  });
});

Deno.test("startParams() passes the confirmation when nobody would be asked", () => {
  const form = { ...EMPTY_FORM, path: "/web", mode: "bypassPermissions", confirm: "web" };
  assertEquals(startParams(form, false), { path: "/web", permission_mode: "bypassPermissions", confirm: "web" });
});

Deno.test("startParams() does not fork without a conversation", () => {
  assertEquals(startParams({ ...EMPTY_FORM, path: "/web", isFork: true }, false), { path: "/web" });
});

Deno.test("needsConfirmation() is for what lets the agent do everything", () => {
  const forms = [EMPTY_FORM, { ...EMPTY_FORM, mode: "bypassPermissions" }, { ...EMPTY_FORM, policy: "allow" as const }];
  assertEquals(forms.map(needsConfirmation), [false, true, true]);
});

Deno.test("recentPaths() lists each directory once, the one that was used last first", () => {
  const sessions = [["/a", "1"], ["/b", "3"], ["/a", "2"], ["/c", "0"]] as const;
  assertEquals(recentPaths(sessions.map(([path, updated_at]) => ({ path, updated_at }))), ["/b", "/a", "/c"]);
});

Deno.test("untrustedPath() reads the directory from the hub's refusal", () => {
  assertEquals(untrustedPath("/a b is not trusted yet: look at it, then start a session with trust"), "/a b");
  assertEquals(untrustedPath("a session is already called web"), undefined);
});

Deno.test("offeredPaths() offers directories of sessions before other projects, each once", () => {
  assertEquals(offeredPaths(["/a", "/b"], [{ path: "/b" }, { path: "/c" }]), ["/a", "/b", "/c"]);
});

Deno.test("projectAt() finds the project of a directory, with a slash at its end, too", () => {
  const projects = [{ path: "/src/web" }];
  assertEquals(["/src/web/", " /src/web", "/src/web/lib", ""].map((path) => projectAt(projects, path)?.path), [
    "/src/web",
    "/src/web",
    undefined,
    undefined,
  ]);
});

Deno.test("untrustedPath() leaves out the host that has refused", () => {
  assertEquals(untrustedPath("box: /srv/a is not trusted yet: trust it first", "box"), "/srv/a");
  assertEquals(untrustedPath("box: there is no such directory", "box"), undefined);
});

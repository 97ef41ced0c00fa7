import { assertEquals } from "@std/assert";
import { kindOf, type Shell, type ShellRequest } from "../../../lib/web/worker/shell.ts";

const ORIGIN = "http://127.0.0.1:7621";
const SHELL: Shell = { version: "1", base: "/hub", files: ["/hub/assets/app.js?v=1"] };

function kind(path: string, change: Partial<ShellRequest> = {}, shell = SHELL): string {
  return kindOf({ method: "GET", url: ORIGIN + path, destination: "document", ...change }, shell, ORIGIN);
}

Deno.test("kindOf() knows the pages of the hub", () => {
  for (const path of ["/hub", "/hub/", "/hub/sessions/a", "/hub/permissions/p", "/hub/settings/audit?x"]) {
    assertEquals(kind(path), "document", path);
  }
  assertEquals(kind("/sessions/a", {}, { ...SHELL, base: "" }), "document");
});

Deno.test("kindOf() knows the files of its version alone", () => {
  assertEquals(kind("/hub/assets/app.js?v=1", { destination: "script" }), "file");
  assertEquals(kind("/hub/assets/app.js?v=2", { destination: "script" }), "other");
});

Deno.test("kindOf() leaves what the hub says to the network", () => {
  for (const path of ["/hub/api/sessions", "/hub/healthz", "/hub/ws/dashboard", "/hub/terminal/a", "/other/", "/"]) {
    assertEquals(kind(path), "other", path);
  }
});

Deno.test("kindOf() leaves what is no page of a tab to the network", () => {
  assertEquals(kind("/hub/", { destination: "" }), "other");
  assertEquals(kind("/hub/", { destination: "iframe" }), "other");
  assertEquals(kind("/hub/", { method: "POST" }), "other");
  assertEquals(kind("/hub/", { url: "http://127.0.0.1:1/hub/" }), "other");
});

import { assertThrows } from "@std/assert";
import { checkBypass } from "../../lib/remote/checks.ts";
import { RequestError } from "../../lib/system/request_error.ts";

function refuses(name: string, table: string): void {
  const project = { name, path: `/src/${name}`, isGitRepo: false, isTrusted: true, allowsBypass: false };
  assertThrows(() => checkBypass("bypassPermissions", project, name), RequestError, `in [${table}] of hub.toml`);
}

Deno.test("checkBypass() names the table of a project as TOML has it", () => {
  refuses("web_2-a", "projects.web_2-a");
  refuses("my.app", 'projects."my.app"');
});

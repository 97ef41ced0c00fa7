import { assertEquals } from "@std/assert";
import { nameOfUrl, nameProblem } from "../../../lib/web/state/new_project_form.ts";

Deno.test("nameOfUrl() returns what a clone is called", () => {
  const urls = ["https://git.example/me/tool.git", "git@git.example:tool", "https://git.example/me/tool/", "tool"];
  assertEquals(urls.map(nameOfUrl), ["tool", "tool", "tool", ""]);
});

Deno.test("nameProblem() refuses what is no name of a project", () => {
  const names = ["", "a-b_c.1", ".git", "a b", "a/b", "x".repeat(65)];
  assertEquals(names.map((name) => nameProblem(name) === undefined), [true, true, false, false, false, false]);
});

import { assertEquals } from "@std/assert";
import {
  filteredInstances,
  filteredProjects,
  isLive,
  sessionsIn,
  wordsOf,
} from "../../../lib/web/state/project_filter.ts";
import { instance, project } from "../helpers/notices.ts";

Deno.test("filteredProjects() finds all words in the name, the path or the branch", () => {
  const projects = [project("web", { branch: "fix/login" }), project("api")];
  assertEquals(filteredProjects(projects, wordsOf("LOGIN web")).map(({ name }) => name), ["web"]);
});

Deno.test("filteredInstances() shows what runs first", () => {
  const list = [instance("a", { status: "crashed", pid: null }), instance("b")];
  assertEquals(filteredInstances(list, []).map(({ id }) => id), ["b", "a"]);
});

Deno.test("isLive() counts an instance whose process runs without being ready", () => {
  const states = [instance("a"), instance("b", { status: "error" }), instance("c", { status: "error", pid: null })];
  assertEquals(states.map(isLive), [true, true, false]);
});

Deno.test("sessionsIn() finds sessions in a directory and below it, and not beside it", () => {
  const sessions = ["/src/web", "/src/web/.claude/worktrees/a", "/src/web2", "/src"].map((path) => ({ path }));
  assertEquals(sessionsIn(sessions, "/src/web").length, 2);
});

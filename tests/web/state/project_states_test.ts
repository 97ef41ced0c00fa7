import { assertEquals } from "@std/assert";
import type { UsagePart } from "../../../lib/projects/types.ts";
import { EMPTY_INSTANCE_FORM, instanceParams, obstacleOf } from "../../../lib/web/state/instance_form.ts";
import { stateOf } from "../../../lib/web/state/instance_text.ts";
import { instancesAfter, samplesAfter } from "../../../lib/web/state/live_lists.ts";
import { nameOfUrl, nameProblem } from "../../../lib/web/state/new_project_form.ts";
import { pathOf, routeOf } from "../../../lib/web/state/page_address.ts";
import {
  filteredInstances,
  filteredProjects,
  isLive,
  sessionsIn,
  wordsOf,
} from "../../../lib/web/state/project_filter.ts";
import { pointsOf } from "../../../lib/web/state/sparkline.ts";
import { barsOf, DAYS } from "../../../lib/web/state/usage_plot.ts";
import { instance, project } from "../helpers/notices.ts";

function usage(key: string, cost_usd: number): UsagePart {
  return { key, cost_usd, tokens: { input: 0, output: 0, cache_read: 0, cache_creation: 0 } };
}

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

Deno.test("stateOf() tells no more than is known of an instance", () => {
  const states = [
    instance("a", { unconfirmed: true }),
    instance("a", { status: "error" }),
    instance("a", { status: "stopped", intentional_stop: true }),
    instance("a", { status: "stopped" }),
  ].map(stateOf);
  assertEquals(states.map(({ name }) => name), ["Running, unconfirmed", "Not ready", "Stopped", "Stopped"]);
  assertEquals(states.map(({ text }) => text !== undefined), [true, true, false, true]);
});

Deno.test("instancesAfter() replaces, adds and removes instances", () => {
  const list = [instance("a"), instance("b")];
  const type = "notice" as const;
  const topic = "instances" as const;
  const ids = (notice: Parameters<typeof instancesAfter>[1]) => instancesAfter(list, notice)?.map(({ id }) => id);
  assertEquals(ids({ type, topic, instance: instance("b", { status: "crashed" }) }), ["a", "b"]);
  assertEquals(ids({ type, topic, instance: instance("c") }), ["c", "a", "b"]);
  assertEquals(ids({ type, topic, removed: "a" }), ["b"]);
});

Deno.test("samplesAfter() keeps a minute of samples, each once", () => {
  let list = samplesAfter([], { type: "notice", topic: "metrics", sample: { at: "00", items: [] } })!;
  for (let i = 0; i < 40; i++) {
    const sample = { at: String(Math.floor(i / 2)).padStart(2, "0"), items: [] };
    list = samplesAfter(list, { type: "notice", topic: "metrics", sample })!;
  }
  assertEquals([list.length, list[0]!.at, list.at(-1)!.at], [16, "04", "19"]);
});

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
    spawn_mode: "same-dir",
    permission_mode: "default",
  });
  assertEquals(instanceParams({ ...EMPTY_INSTANCE_FORM, mode: "pty", name: " phone " }, "web"), {
    project: "web",
    name: "phone",
    mode: "pty",
    permission_mode: "default",
  });
});

Deno.test("nameOfUrl() returns what a clone is called", () => {
  const urls = ["https://git.example/me/tool.git", "git@git.example:tool", "https://git.example/me/tool/", "tool"];
  assertEquals(urls.map(nameOfUrl), ["tool", "tool", "tool", ""]);
});

Deno.test("nameProblem() refuses what is no name of a project", () => {
  const names = ["", "a-b_c.1", ".git", "a b", "a/b", "x".repeat(65)];
  assertEquals(names.map((name) => nameProblem(name) === undefined), [true, true, false, false, false, false]);
});

Deno.test("barsOf() has a bar for each of the last days, also where nothing was used", () => {
  const bars = barsOf([usage("2026-02-27", 4), usage("2026-03-02", 2)], ({ cost_usd }) => cost_usd ?? 0);
  assertEquals([bars.length, bars[0]!.day, bars.at(-1)!.day], [DAYS, "2026-02-01", "2026-03-02"]);
  assertEquals(bars.slice(-4).map(({ height }) => height), [1, 0, 0, 0.5]);
});

Deno.test("barsOf() has nothing to show without days", () => {
  assertEquals(barsOf([], () => 1), []);
});

Deno.test("pointsOf() draws the newest value at the right, and little as little", () => {
  assertEquals(pointsOf([0, 50], 100), "56,17 60,9");
});

for (
  const path of [
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

for (const path of ["/projects", "/projects/web/other", "/projects/web/history", "/new-project/x", "/sessions/1/2/3"]) {
  Deno.test(`routeOf() leads nowhere: ${path}`, () => {
    assertEquals(routeOf(path, ""), { page: "unknown" });
  });
}

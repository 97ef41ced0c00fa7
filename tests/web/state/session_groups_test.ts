import { assertEquals } from "@std/assert";
import { type GroupedSession, groupsOf } from "../../../lib/web/state/session_groups.ts";

function session(name: string, change: Partial<GroupedSession> = {}): GroupedSession {
  return {
    name,
    host: "here",
    path: `/src/${name}`,
    mode: "subprocess",
    status: "idle",
    model: null,
    created_at: "2026-01-01T00:00:00.000Z",
    updated_at: "2026-01-01T00:00:00.000Z",
    ...change,
  };
}

function names(sessions: readonly GroupedSession[], filter = ""): Record<string, string[]> {
  return Object.fromEntries(
    groupsOf(sessions, filter).map(({ name, sessions }) => [name, sessions.map(({ name }) => name)]),
  );
}

Deno.test("groupsOf() groups sessions by what they do, and leaves out groups without any", () => {
  const sessions = [
    session("a", { status: "starting" }),
    session("b", { status: "active" }),
    session("c", { status: "waiting_permission" }),
    session("d", { status: "error" }),
    session("e", { status: "stopped" }),
    session("f", { mode: "interactive" }),
  ];
  assertEquals(names(sessions), { active: ["a", "b"], waiting: ["c"], interactive: ["f"], stopped: ["d", "e"] });
});

Deno.test("groupsOf() counts a session that ended in a terminal as stopped", () => {
  assertEquals(names([session("a", { mode: "interactive", status: "stopped" })]), { stopped: ["a"] });
});

Deno.test("groupsOf() shows the idle session first that changed last", () => {
  const sessions = [session("a"), session("b", { updated_at: "2026-01-02T00:00:00.000Z" })];
  assertEquals(names(sessions), { idle: ["b", "a"] });
});

Deno.test("groupsOf() keeps the places of sessions that work, whatever changes", () => {
  const active = (name: string, created_at: string, updated_at: string) =>
    session(name, { status: "active", created_at, updated_at });
  const sessions = [
    active("old", "2026-01-01T00:00:00.000Z", "2026-01-05T00:00:00.000Z"),
    active("new", "2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z"),
  ];
  assertEquals(names(sessions), { active: ["new", "old"] });
});

Deno.test("groupsOf() finds sessions in which all words of the filter occur, in any case", () => {
  const sessions = [
    session("web", { model: "claude-opus-4" }),
    session("api", { host: "Server" }),
    session("docs", { path: "/src/WEB/docs" }),
  ];
  assertEquals(names(sessions, "web"), { idle: ["docs", "web"] });
  assertEquals(names(sessions, " OPUS web "), { idle: ["web"] });
  assertEquals(names(sessions, "server"), { idle: ["api"] });
  assertEquals(names(sessions, "nothing"), {});
});

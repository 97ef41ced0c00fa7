import { assertEquals, assertThrows } from "@std/assert";
import { remoteArguments } from "../../lib/remote/arguments.ts";
import { findInstance } from "../../lib/remote/find_instance.ts";
import type { Finding } from "../../lib/remote/markers.ts";
import { learn } from "../../lib/remote/readiness.ts";
import { type InstanceRecord, newRecord } from "../../lib/remote/record.ts";
import { RequestError } from "../../lib/system/request_error.ts";

function record(changes: Partial<InstanceRecord> = {}): InstanceRecord {
  const given = {
    id: "i",
    project: "web",
    path: "/web",
    name: "web",
    spawnMode: "same-dir",
    permissionMode: "default",
  };
  return { ...newRecord({ ...given, mode: "standard", spawnMode: "same-dir" }, 0), ...changes };
}

/** What is known after all that was said. */
function after(findings: readonly Finding[], changes: Partial<InstanceRecord> = {}): InstanceRecord {
  return findings.reduce((known, finding) => ({ ...known, ...learn(known, finding) }), record(changes));
}

const POLL = { kind: "poll_loop" } as const;
const ENVIRONMENT = { kind: "environment", id: "env_1" } as const;
const SESSION = { kind: "session", id: "session_1" } as const;

Deno.test("a server is running once it has said both, in any order", () => {
  assertEquals(after([POLL, SESSION, { kind: "bridge", id: "b" }]).status, "starting");
  assertEquals(after([ENVIRONMENT, SESSION]).status, "starting");
  assertEquals(after([POLL, ENVIRONMENT]).status, "running");
  assertEquals(after([ENVIRONMENT, POLL]).status, "running");
});

Deno.test("one that was too late, or unconfirmed, is running when it says so; one that has ended is not", () => {
  const late = after([POLL, ENVIRONMENT], { status: "error", errorDetail: "too late" });
  assertEquals([late.status, late.errorDetail], ["running", null]);
  const pty = after([SESSION], { mode: "pty", status: "running", isUnconfirmed: true });
  assertEquals([pty.status, pty.isUnconfirmed], ["running", false]);
  assertEquals(after([POLL, ENVIRONMENT], { status: "stopped", endedAt: 1 }).status, "stopped");
});

Deno.test("the first ids count, and a failure only before it is running", () => {
  const known = after([POLL, ENVIRONMENT, SESSION, { kind: "environment", id: "env_2" }, {
    kind: "session",
    id: "s2",
  }]);
  assertEquals([known.environmentId, known.sessionId], ["env_1", "session_1"]);
  assertEquals(learn(known, { kind: "failure", text: "no" }), {});
  assertEquals(learn(record(), { kind: "failure", text: "no" }), { failure: "no" });
});

Deno.test("remoteArguments() gives a prefix and a capacity only to servers with several sessions", () => {
  const start = { mode: "standard", name: "n", debugFile: "/d", permissionMode: "plan" } as const;
  const several = { capacity: 4, sessionNamePrefix: "p" };
  const more = ["--capacity", "4", "--remote-control-session-name-prefix", "p"];
  const words = (spawnMode: string) => ["remote-control", "--name", "n", "--debug-file", "/d", "--spawn", spawnMode];
  for (const spawnMode of ["same-dir", "worktree"] as const) {
    assertEquals(remoteArguments({ ...start, ...several, spawnMode, isVerbose: true }), [
      ...[...words(spawnMode), "--permission-mode", "plan", ...more, "--verbose"],
    ]);
  }
  assertEquals(remoteArguments({ ...start, ...several, spawnMode: "session" }), [
    ...[...words("session"), "--permission-mode", "plan"],
  ]);
  assertEquals(remoteArguments({ ...start, ...several, mode: "pty", spawnMode: null, isContinued: true }), [
    ...["--remote-control", "n", "--debug-file", "/d", "--permission-mode", "plan", "--continue"],
  ]);
});

Deno.test("findInstance() takes an id, a name or a unique prefix; of several with a name, the one that runs", () => {
  const runner = (id: string, name: string, endedAt: number | null = null) => ({ record: { id, name, endedAt } });
  const all = [runner("a1", "web"), runner("a2", "web", 1), runner("b1", "api", 1), runner("b2", "api", 1)];
  const found = (reference: string, takesPrefix = true) => findInstance(all, reference, takesPrefix).record.id;
  assertEquals([found("a2"), found("web"), found("b1")], ["a2", "a1", "b1"]);
  assertThrows(() => found("api"), RequestError, '"api" could be api (b1), api (b2): say which by its id');
  assertThrows(() => found("b"), RequestError, "could be");
  assertThrows(() => found("x"), RequestError, 'there is no instance "x"');
  assertThrows(() => found(""), RequestError, "there is no instance");
  assertThrows(() => found("we", false), RequestError, "there is no instance");
  assertThrows(() => found("we"), RequestError, "could be web (a1), web (a2)");
});

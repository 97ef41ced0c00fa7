import { assertEquals } from "@std/assert";
import { changesAtEnd } from "../../lib/remote/instance_end.ts";
import { type InstanceRecord, newRecord } from "../../lib/remote/record.ts";

/** The status and the error of an instance whose program has ended with exit code 1. */
function ended(changes: Partial<InstanceRecord>, errors = "no token=abc"): unknown[] {
  const given = { id: "i", project: "web", path: "/web", name: "web", permissionMode: "default" };
  const record = { ...newRecord({ ...given, mode: "standard", spawnMode: "same-dir" }, 0), ...changes };
  const mask = (text: string) => text.replace("abc", "***");
  const { status, errorDetail, endedAt, pid } = changesAtEnd(record, {
    endedAt: 5,
    reason: "exit code 1",
    errors,
    mask,
  });
  assertEquals([endedAt, pid], [5, null]);
  return [status, errorDetail];
}

Deno.test("changesAtEnd() tells a program that was stopped, that said why, that was to end, and that crashed apart", () => {
  assertEquals(ended({ intentionalStop: true, failure: "no login" }), ["stopped", null]);
  assertEquals(ended({ failure: "no login" }), ["error", "no login"]);
  assertEquals(ended({ spawnMode: "session" }), ["stopped", "exit code 1: no token=***"]);
  assertEquals(ended({ hasShutDown: true }, ""), ["stopped", null]);
  assertEquals(ended({}), ["crashed", "exit code 1: no token=***"]);
  assertEquals(ended({}, ""), ["crashed", "exit code 1"]);
});

Deno.test("changesAtEnd() shows the end of a long error output", () => {
  assertEquals(ended({}, `${"x".repeat(3_000)}last`), ["crashed", `exit code 1: ${"x".repeat(1_996)}last`]);
});

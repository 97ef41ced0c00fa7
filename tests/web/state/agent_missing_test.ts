import { assertEquals } from "@std/assert";
import { isAgentMissing, lacksAgent } from "../../../lib/web/state/agent_missing.ts";

const MISSING = "the agent ended before it was ready: exit code 127: sh: 29: exec: claude: not found";

Deno.test("isAgentMissing() tells that a program was not found from other failures", () => {
  assertEquals(isAgentMissing(MISSING), true);
  assertEquals(isAgentMissing("the agent ended before it was ready: exit code 1: bad settings"), false);
  assertEquals(isAgentMissing(undefined), false);
});

Deno.test("lacksAgent() looks at the session that was started last", () => {
  const failed = { created_at: "2026-01-01", error: MISSING };
  const later = { created_at: "2026-01-02" };
  assertEquals([lacksAgent([]), lacksAgent([failed]), lacksAgent([later, failed])], [false, true, false]);
});

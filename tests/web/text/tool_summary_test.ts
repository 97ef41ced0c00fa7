import { assertEquals } from "@std/assert";
import { toolSummary } from "../../../lib/web/text/tool_summary.ts";

Deno.test("toolSummary() says what tells most, below the directory of the session", () => {
  const say = (tool: string, input: unknown) => toolSummary(tool, input, "/work/shop");
  assertEquals(say("Bash", { command: "make\n  all", description: "make it" }), "make ⏎ all");
  assertEquals(
    say("Read", { file_path: "/work/shop/src/a.ts", offset: 10, limit: 5 }),
    "src/a.ts from line 10, 5 lines",
  );
  assertEquals(say("Read", { file_path: "/work/shopping/a.ts" }), "/work/shopping/a.ts");
  assertEquals(say("Grep", { pattern: "todo", path: "/work/shop/src" }), "todo in src");
  assertEquals(say("ExitPlanMode", { plan: "# The plan\n\n1. do it" }), "The plan");
  assertEquals(say("mcp__a__b", { text: "x" }), "x");
  assertEquals(say("mcp__a__b", { text: "x", n: 1 }), '{"text":"x","n":1}');
});

Deno.test("toolSummary() counts tasks and names the current one", () => {
  const todos = [
    { content: "a", status: "completed" },
    { content: "b", status: "in_progress", activeForm: "Doing b" },
    { content: "c", status: "pending" },
  ];
  assertEquals(toolSummary("TodoWrite", { todos }, ""), "1 of 3 · Doing b");
});

Deno.test("toolSummary() takes any input, and never a long one whole", () => {
  for (const input of [undefined, null, 7, "x", [], { todos: 7 }, { command: null }]) {
    for (const tool of ["Bash", "TodoWrite", "AskUserQuestion", "ExitPlanMode", "constructor", "__proto__"]) {
      assertEquals(typeof toolSummary(tool, input, ""), "string");
    }
  }
  assertEquals(toolSummary("Bash", { command: "x".repeat(1_000_000) }, "").length, 401);
});

import { assertEquals } from "@std/assert";
import { titleOf, toolRequestOf } from "../../../lib/web/state/tool_request.ts";

Deno.test("toolRequestOf() reads a command, without what the agent says about it", () => {
  const input = { command: "ls", description: "look", timeout: 5 };
  assertEquals(toolRequestOf({ tool_name: "Bash", input }), { kind: "command", command: "ls", more: [["timeout", 5]] });
});

Deno.test("toolRequestOf() reads a file that is written as a whole", () => {
  const input = { file_path: "/a", content: "text" };
  assertEquals(toolRequestOf({ tool_name: "Write", input }), {
    kind: "edit",
    path: "/a",
    isWhole: true,
    replacements: [{ before: "", after: "text" }],
    more: [],
  });
});

Deno.test("toolRequestOf() reads an edit", () => {
  const input = { file_path: "/a", old_string: "x", new_string: "y", replace_all: true };
  assertEquals(toolRequestOf({ tool_name: "Edit", input }), {
    kind: "edit",
    path: "/a",
    isWhole: false,
    replacements: [{ before: "x", after: "y" }],
    more: [["replace_all", true]],
  });
});

Deno.test("toolRequestOf() reads several edits of a file", () => {
  const edits = [{ old_string: "a", new_string: "b" }, { old_string: "c", new_string: "d" }];
  const request = toolRequestOf({ tool_name: "MultiEdit", input: { file_path: "/a", edits } });
  assertEquals(request.kind === "edit" ? request.replacements : undefined, [
    { before: "a", after: "b" },
    { before: "c", after: "d" },
  ]);
});

Deno.test("toolRequestOf() reads questions and their choices", () => {
  const questions = [{
    question: "Which?",
    header: "Colour",
    options: [{ label: "Red", description: "warm" }, { label: "Blue" }],
    multiSelect: true,
  }];
  assertEquals(toolRequestOf({ tool_name: "AskUserQuestion", input: { questions } }), {
    kind: "questions",
    questions: [{
      question: "Which?",
      header: "Colour",
      options: [{ label: "Red", description: "warm" }, { label: "Blue", description: "" }],
      isMultiple: true,
    }],
  });
});

Deno.test("toolRequestOf() reads a plan", () => {
  assertEquals(toolRequestOf({ tool_name: "ExitPlanMode", input: { plan: "go" } }), { kind: "plan", plan: "go" });
});

Deno.test("toolRequestOf() notices an input that is too large to be shown", () => {
  assertEquals(toolRequestOf({ tool_name: "Write", input: { truncated: 300_000 } }), {
    kind: "truncated",
    bytes: 300_000,
  });
});

Deno.test("toolRequestOf() shows field by field what does not look as expected", () => {
  for (
    const [tool_name, input] of [
      ["Bash", { command: 1 }],
      ["Edit", { file_path: "/a", old_string: "x" }],
      ["MultiEdit", { file_path: "/a", edits: [{ old_string: "x" }] }],
      ["AskUserQuestion", { questions: [] }],
      ["AskUserQuestion", { questions: [{}] }],
      ["ExitPlanMode", {}],
      ["WebFetch", { url: "http://a" }],
      ["toString", { url: "http://a" }],
    ] as const
  ) {
    assertEquals(toolRequestOf({ tool_name, input }), { kind: "other", fields: Object.entries(input) }, tool_name);
  }
});

Deno.test("toolRequestOf() shows an input that is no object", () => {
  assertEquals(toolRequestOf({ tool_name: "Bash", input: "ls" }), { kind: "other", fields: [["input", "ls"]] });
  assertEquals(toolRequestOf({ tool_name: "Bash", input: undefined }), { kind: "other", fields: [] });
});

Deno.test("titleOf() names a tool of an MCP server by both names", () => {
  const permission = { tool_name: "mcp__github__create_issue", input: {} };
  assertEquals(titleOf(permission, toolRequestOf(permission)), "Use create_issue of github");
});

Deno.test("titleOf() counts several questions", () => {
  const question = { question: "Which?" };
  const permission = { tool_name: "AskUserQuestion", input: { questions: [question, question] } };
  assertEquals(titleOf(permission, toolRequestOf(permission)), "Answer 2 questions");
});

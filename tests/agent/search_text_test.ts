import { assert, assertEquals } from "@std/assert";
import { parseAgentLine } from "../../lib/agent/message.ts";
import { contentText, MAX_SEARCH_TEXT, searchText } from "../../lib/agent/search_text.ts";

const textOf = (json: unknown) => searchText(parseAgentLine(JSON.stringify(json)));

Deno.test("searchText() returns what agents and people said", () => {
  const content = [{ type: "text", text: "first" }, { type: "thinking", thinking: "no" }, {
    type: "text",
    text: "2nd",
  }];
  assertEquals(textOf({ type: "assistant", message: { content } }), "first\n2nd");
  assertEquals(textOf({ type: "user", message: { role: "user", content: "please" } }), "please");
});

Deno.test("searchText() returns the names of tools and their inputs, as they were written", () => {
  const input = { command: 'echo "a\nb"', list: [{ deep: "c" }], count: 3 };
  const content = [{ type: "tool_use", id: "t", name: "Bash", input }];
  assertEquals(textOf({ type: "assistant", message: { content } }), 'Bash\necho "a\nb"\nc');
  const request = { subtype: "can_use_tool", tool_name: "Write", input: { file_path: "/a" } };
  assertEquals(textOf({ type: "control_request", request_id: "r", request }), "Write\n/a");
});

Deno.test("searchText() returns nothing of messages in which nobody speaks", () => {
  const result = [{ type: "tool_result", content: "output" }];
  for (const json of [{ type: "system", text: "a" }, { type: "result", result: "a" }, { type: "assistant" }]) {
    assertEquals(textOf(json), undefined);
  }
  assertEquals(textOf({ type: "user", message: { content: result } }), undefined);
  assertEquals(textOf("just text"), undefined);
  assertEquals(textOf({ type: "assistant", message: { content: [null, 3, { type: "text" }] } }), undefined);
});

Deno.test("searchText() is bounded and does not cut a character in two", () => {
  const text = contentText("x" + "😀".repeat(MAX_SEARCH_TEXT));
  assertEquals(text?.length, MAX_SEARCH_TEXT - 1);
  assert(text!.isWellFormed());
});

Deno.test("searchText() takes an input of any depth", () => {
  let input: unknown = "bottom";
  for (let i = 0; i < 5_000; i++) input = [input];
  assertEquals(
    textOf({ type: "assistant", message: { content: [{ type: "tool_use", name: "T", input }] } }),
    "T\nbottom",
  );
});

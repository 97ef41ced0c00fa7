import { assertEquals } from "@std/assert";
import { mainInput } from "../../lib/agent/main_input.ts";

Deno.test("mainInput() returns the field of a known tool that says the most", () => {
  assertEquals(mainInput("Bash", { command: "ls", description: "Lists files" }), "ls");
  assertEquals(mainInput("SlashCommand", { command: "/review" }), "/review");
});

Deno.test("mainInput() returns nothing when the tool is not known, or the field is no text", () => {
  assertEquals(mainInput("Bash", { command: 7 }), "");
  assertEquals(mainInput("mcp__db__query", { command: "ls", "": "x" }), "");
  assertEquals(mainInput("toString", { command: "ls" }), "");
});

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type ShorteningOptions, toToolResult } from "../../../lib/cli/mcp/tool_result.ts";
import { ClaustrumError } from "../../../lib/system/claustrum_error.ts";

/** The texts of a result. */
function texts(value: unknown, options: ShorteningOptions = {}): string[] {
  return toToolResult(value, options).content.map((part) => part.type === "text" ? part.text : part.type);
}

Deno.test("toToolResult() returns an object as text and as structured content", () => {
  const value = { status: "idle", queue: [] };
  assertEquals(toToolResult(value), {
    content: [{ type: "text", text: '{"status":"idle","queue":[]}' }],
    structuredContent: value,
  });
});

Deno.test("toToolResult() returns a list as text alone", () => {
  assertEquals(toToolResult([{ id: 1 }, { id: 2 }]), {
    content: [{ type: "text", text: '[{"id":1},{"id":2}]' }],
  });
});

Deno.test("toToolResult() cuts long texts, also deep in a value, unless they are to stay whole", () => {
  const long = "x".repeat(5_000);
  const [json] = texts({ prompt: { blocks: [long] } });
  assertEquals(JSON.parse(json!), { prompt: { blocks: [`${"x".repeat(4_000)}… (cut: 5000 characters)`] } });
  const { structuredContent } = toToolResult({ prompt: long });
  assertEquals(structuredContent, { prompt: `${"x".repeat(4_000)}… (cut: 5000 characters)` });
  assertEquals(JSON.parse(texts({ text: long }, { hasWholeTexts: true })[0]!), { text: long });
});

Deno.test("toToolResult() cuts no character in half", () => {
  const [json] = texts({ text: `${"x".repeat(3_999)}😀 and more` });
  assertStringIncludes(json!, "xxx… (cut: 4010 characters)");
});

Deno.test("toToolResult() replaces a payload that is long in spite of short texts with its size", () => {
  const payload = { lines: Array.from({ length: 2_000 }, (_, i) => `line ${i}`) };
  const [json] = texts([{ id: 1, payload }, { id: 2, payload: "short" }]);
  const size = JSON.stringify(payload).length;
  assertEquals(JSON.parse(json!), [{ id: 1, payload: { truncated: size } }, { id: 2, payload: "short" }]);
});

Deno.test("toToolResult() ends a long list early and says so", () => {
  const list = Array.from({ length: 100 }, (_, id) => ({ id, text: "x".repeat(3_000) }));
  const [json, note] = texts(list);
  const shown = JSON.parse(json!);
  assert(shown.length < 21 && shown.length > 10 && json!.length <= 60_000, `${shown.length} items`);
  assertEquals(shown, list.slice(0, shown.length));
  assertEquals(note, `These are the first ${shown.length} of 100; the others are too long for one result.`);
});

Deno.test("toToolResult() keeps the end of a long list on demand", () => {
  const list = Array.from({ length: 100 }, (_, id) => ({ id, text: "x".repeat(3_000) }));
  const [json, note] = texts(list, { keepsLast: true });
  const shown = JSON.parse(json!);
  assertEquals(shown, list.slice(-shown.length));
  assertEquals(note, `These are the last ${shown.length} of 100; the others are too long for one result.`);
});

Deno.test("toToolResult() returns at least one item of a list", () => {
  const item = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, "x".repeat(3_000)]));
  assertEquals(texts([item, item]).length, 2);
  assertEquals(JSON.parse(texts([item])[0]!), [item]);
});

Deno.test("toToolResult() refuses what is too long for a model all the same", () => {
  assertThrows(
    () => toToolResult({ text: "x".repeat(300_000) }, { hasWholeTexts: true }),
    ClaustrumError,
    "the result has 300011 characters, more than the 200000 that are allowed: ask for less",
  );
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseAgentLine } from "../../lib/agent/message.ts";
import type { AgentMessage, EventMessage } from "../../lib/agent/message_types.ts";

/** What the hub understands of a message, without the message itself. */
function understood(json: Record<string, unknown>): Record<string, unknown> {
  const { json: whole, ...rest } = parseAgentLine(JSON.stringify(json)) as AgentMessage & { json?: unknown };
  if (whole !== undefined) assertEquals(whole, json);
  return rest;
}

/** The fact that a message states. */
function fact(json: Record<string, unknown>): unknown {
  return understood(json)["fact"];
}

Deno.test("parseAgentLine() takes a line that is no JSON object as text", () => {
  for (const text of ["", "hello", "[1]", "null", "3", '{"a":', '"{}"', "[".repeat(300_000), "\0"]) {
    assertEquals(parseAgentLine(text), { kind: "text", text });
  }
});

Deno.test("parseAgentLine() passes unknown messages through untouched", () => {
  assertEquals(understood({ type: "new_thing", subtype: "odd", session_id: "s", uuid: "u", list: [{ deep: null }] }), {
    kind: "event",
    type: "new_thing",
    subtype: "odd",
    uuid: "u",
    sessionId: "s",
  });
  for (const type of ["constructor", "__proto__", "system/init"]) assertEquals(understood({ type })["kind"], "event");
  assertEquals(understood({ no: "type" }), { kind: "event", type: "unknown" });
  assertEquals(understood({ type: 7, subtype: {}, uuid: 1 }), { kind: "event", type: "unknown" });
});

Deno.test("parseAgentLine() never throws, whatever the fields hold", () => {
  const names = ["type", "subtype", "request", "request_id", "response", "event", "delta", "usage", "origin", "errors"];
  const types = ["system", "result", "stream_event", "control_request", "control_response", "control_cancel_request"];
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...types, "can_use_tool", "init", "api_retry"));
  fc.assert(fc.property(fc.dictionary(fc.constantFrom(...names), value), (json) => {
    assert(parseAgentLine(JSON.stringify(json)).kind.length > 0);
  }));
  fc.assert(fc.property(fc.string(), (text) => parseAgentLine(text).kind.length > 0));
});

Deno.test("parseAgentLine() states the start of a turn", () => {
  const init = { session_id: "s", subtype: "init", model: "m", type: "system", permissionMode: "plan" };
  assertEquals(fact(init), { fact: "turn_started", model: "m", permissionMode: "plan", sessionId: "s" });
  assertEquals(fact({ type: "system", subtype: "init" }), { fact: "turn_started" });
});

Deno.test("parseAgentLine() states a result whose type stands in the middle", () => {
  const line = '{"duration_ms":1,"usage":{"output_tokens":2,"input_tokens":1,"cache_read_input_tokens":3},' +
    '"is_error":false,"result":"hi","type":"result","total_cost_usd":0.5,"subtype":"success","session_id":"s"}';
  assertEquals((parseAgentLine(line) as EventMessage).fact, {
    fact: "result",
    isError: false,
    subtype: "success",
    text: "hi",
    isTaskNotification: false,
    costUsd: 0.5,
    usage: { input: 1, output: 2, cache_read: 3, cache_creation: 0 },
    sessionId: "s",
  });
});

Deno.test("parseAgentLine() states a result as an error by is_error, not by its subtype", () => {
  const api = { type: "result", subtype: "success", is_error: true, result: "API Error: 400 bad thing" };
  assertEquals(fact(api), {
    fact: "result",
    isError: true,
    subtype: "success",
    text: "API Error: 400 bad thing",
    isTaskNotification: false,
  });
  const interrupted = { type: "result", subtype: "error_during_execution", is_error: true, errors: ["why", 3] };
  assertEquals(fact(interrupted), {
    fact: "result",
    isError: true,
    subtype: "error_during_execution",
    errors: ["why"],
    isTaskNotification: false,
  });
});

Deno.test("parseAgentLine() states that a result answers no prompt when a task caused it", () => {
  const origin = { kind: "task-notification", producer: "session-task" };
  const result = fact({ type: "result", is_error: false, origin });
  assertEquals(result, { fact: "result", isError: false, isTaskNotification: true });
});

Deno.test("parseAgentLine() states what becomes of a prompt", () => {
  for (const state of ["queued", "started", "completed", "cancelled", "new"]) {
    assertEquals(fact({ type: "command_lifecycle", command_uuid: "u", state }), {
      fact: "lifecycle",
      uuid: "u",
      state,
    });
  }
  assertEquals(fact({ type: "command_lifecycle" }), undefined);
});

Deno.test("parseAgentLine() states what the agent is doing", () => {
  const json = { type: "system", subtype: "session_state_changed", state: "requires_action" };
  assertEquals(fact(json), { fact: "state", state: "requires_action" });
});

Deno.test("parseAgentLine() states the permission mode only when a status has one", () => {
  const status = { type: "system", subtype: "status", status: null };
  assertEquals(fact({ ...status, permissionMode: "acceptEdits" }), { fact: "mode", permissionMode: "acceptEdits" });
  assertEquals(fact({ ...status, status: "requesting" }), undefined);
});

Deno.test("parseAgentLine() states that the conversation was cleared", () => {
  const json = { type: "conversation_reset", new_conversation_id: "n", trigger: "clear", session_id: "old" };
  assertEquals(fact(json), { fact: "conversation_reset", newId: "n" });
});

Deno.test("parseAgentLine() states that a call of the model is tried again", () => {
  const json = { attempt: 1, max_retries: 10, retry_delay_ms: 509, error_status: 529, error: "overloaded" };
  assertEquals(fact({ type: "system", subtype: "api_retry", ...json }), {
    fact: "api_retry",
    attempt: 1,
    maxRetries: 10,
    delayMs: 509,
    status: 529,
    error: "overloaded",
  });
});

Deno.test("parseAgentLine() states that a task in the background has ended", () => {
  assertEquals(fact({ type: "system", subtype: "task_notification" }), { fact: "task_notification" });
});

Deno.test("parseAgentLine() reads pieces of an answer", () => {
  const partial = (event: unknown) => understood({ type: "stream_event", event });
  const delta = (value: unknown) => partial({ type: "content_block_delta", delta: value });
  assertEquals(partial({ type: "message_start" }), { kind: "partial", isStart: true });
  assertEquals(delta({ type: "text_delta", text: "a" }), { kind: "partial", text: "a" });
  assertEquals(delta({ type: "thinking_delta", thinking: "b" }), { kind: "partial", thinking: "b" });
  assertEquals(delta({ type: "input_json_delta", partial_json: "{" }), { kind: "partial" });
  assertEquals(partial(null), { kind: "partial" });
  assertEquals(understood({ type: "stream_event", parent_tool_use_id: "t" }), {
    kind: "partial",
    parentToolUseId: "t",
  });
});

Deno.test("parseAgentLine() reads a permission request", () => {
  const request = {
    subtype: "can_use_tool",
    tool_name: "Bash",
    input: { command: "ls" },
    description: "list",
    permission_suggestions: [{ type: "setMode" }],
    tool_use_id: "toolu_1",
  };
  assertEquals(understood({ type: "control_request", request_id: "r", request }), {
    kind: "permission_request",
    requestId: "r",
    toolName: "Bash",
    input: { command: "ls" },
    description: "list",
    toolUseId: "toolu_1",
    requiresUserInteraction: false,
    suggestions: [{ type: "setMode" }],
  });
});

Deno.test("parseAgentLine() reads a permission request that has no optional field", () => {
  const request = { subtype: "can_use_tool", tool_name: "ExitPlanMode", requires_user_interaction: true };
  assertEquals(understood({ type: "control_request", request_id: "r", request }), {
    kind: "permission_request",
    requestId: "r",
    toolName: "ExitPlanMode",
    input: {},
    requiresUserInteraction: true,
    suggestions: [],
  });
});

Deno.test("parseAgentLine() reads any other request, so that it can be refused", () => {
  const request = (value: unknown) => understood({ type: "control_request", request_id: "r", request: value });
  assertEquals(request({ subtype: "hook_callback" }), {
    kind: "other_request",
    requestId: "r",
    subtype: "hook_callback",
  });
  assertEquals(request({ subtype: "can_use_tool" }), {
    kind: "other_request",
    requestId: "r",
    subtype: "can_use_tool",
  });
  assertEquals(request(null), { kind: "other_request", requestId: "r", subtype: "" });
  assertEquals(understood({ type: "control_request" }), { kind: "event", type: "control_request" });
});

Deno.test("parseAgentLine() reads the end of a request", () => {
  assertEquals(understood({ type: "control_cancel_request", request_id: "r" }), {
    kind: "cancel_request",
    requestId: "r",
  });
  assertEquals(understood({ type: "control_cancel_request" })["kind"], "event");
});

Deno.test("parseAgentLine() reads the answers to our requests", () => {
  const response = (value: unknown) => understood({ type: "control_response", response: value });
  assertEquals(response({ subtype: "success", request_id: "r", response: { mode: "plan" } }), {
    kind: "response",
    requestId: "r",
    isError: false,
    response: { mode: "plan" },
  });
  assertEquals(response({ subtype: "success", request_id: "r" }), { kind: "response", requestId: "r", isError: false });
  assertEquals(response({ subtype: "error", request_id: "r", error: "no", error_code: "invalid_mode" }), {
    kind: "response",
    requestId: "r",
    isError: true,
    error: "no",
    errorCode: "invalid_mode",
  });
  assertEquals(response({ subtype: "success" })["kind"], "event");
});

Deno.test("parseAgentLine() reads a message that says nothing", () => {
  assertEquals(understood({ type: "keep_alive" }), { kind: "keep_alive" });
});

/**
 * Runs a session with an agent CLI in a daemon, with a fake model API.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { type AgentMessage, AgentSession } from "./agent_session.ts";
import { type ModelCall, say, startFakeModelApi, type Turn } from "./fake_model_api.ts";

const FLAGS = ["-p", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json"];

/** Returns the reply of the model to a prompt. */
function replyTo({ prompts, results }: ModelCall, marker: string): Turn {
  const prompt = prompts.at(-1) ?? "";
  if (results.length > 0) return say("the tool ran");
  if (prompt.includes("PLEASE TOUCH")) {
    return { kind: "tools", calls: [{ name: "Bash", input: { command: `touch ${marker}` } }] };
  }
  if (prompt.includes("PLEASE STALL")) return { kind: "text", pieces: ["Well"], isEndless: true };
  return say(prompt.includes("SECOND") ? "second answer" : "first answer");
}

const isResult = ({ type }: AgentMessage) => type === "result";

/** Runs the session; calls `report` after each step that succeeds. */
export async function driveAgent(program: string, report: (step: string) => void): Promise<void> {
  await using daemon = await startDaemon();
  const marker = `${daemon.directory}/marker`;
  await using model = startFakeModelApi((call) => replyTo(call, marker));
  using agent = await startAgent(daemon, program, model.url);

  await agent.prompt("FIRST");
  assertEquals((await agent.until(isResult)).result, "first answer");
  report("prompt and answer");

  await agent.prompt("SECOND");
  await agent.cut();
  assertEquals((await agent.until(isResult)).result, "second answer");
  report("a prompt whose connection was cut: reattached, answered, no frame missing");

  await agent.prompt("PLEASE STALL");
  await agent.until(({ subtype }) => subtype === "init");
  await agent.send({ type: "control_request", request_id: "stop", request: { subtype: "interrupt" } });
  await agent.until(({ response }) => response?.request_id === "stop" && response.subtype === "success");
  assert((await agent.until(isResult)).subtype !== "success");
  report("the interruption of a reply that never ends");

  await agent.prompt("PLEASE TOUCH");
  const isAsking = ({ request }: AgentMessage) => request?.subtype === "can_use_tool";
  const { request_id, request } = await agent.until(isAsking);
  assertEquals([request!.tool_name, await isThere(marker)], ["Bash", false]);
  await agent.cut();
  const response = { behavior: "allow", updatedInput: request!.input };
  await agent.send({ type: "control_response", response: { subtype: "success", request_id, response } });
  assertEquals((await agent.until(isResult)).result, "the tool ran");
  assertEquals(await isThere(marker), true);
  report("a permission request, granted on a new connection after the first was cut: the tool ran");

  await driveMcpServer(daemon);
  report("an MCP server beside it, as a second process, answered a call");

  assertEquals((await agent.kill())?.["died"], true);
  report(`killed after ${model.calls.length} requests to the model`);
}

async function startAgent(daemon: TestDaemon, program: string, url: string): Promise<AgentSession> {
  const client = await daemon.connect();
  const { error } = await client.call("process.spawn", {
    id: "agent",
    command: program,
    args: [...FLAGS, "--permission-prompt-tool", "stdio"],
    cwd: daemon.directory,
    env: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: "none",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
    },
  });
  if (error !== undefined) throw new Error(error.message);
  return new AgentSession(daemon, "agent", client);
}

/** The least that a server of tools does, on stdin and stdout. */
const MCP_SERVER = `
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  const results = {
    initialize: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "adder", version: "1" } },
    "tools/call": { content: [{ type: "text", text: String(params?.arguments?.a + params?.arguments?.b) }] },
  };
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, result: results[method] ?? {} }));
});`;

async function driveMcpServer(daemon: TestDaemon): Promise<void> {
  using client = await daemon.connect();
  await client.call("process.spawn", { id: "mcp", command: "node", args: ["-e", MCP_SERVER] });
  const call = async (id: number, method: string, params: unknown) => {
    const line = JSON.stringify({ jsonrpc: "2.0", id, method, params }) + "\n";
    await client.send("process.stdin", { id: "mcp", data: btoa(line) });
    const frames = await client.until(({ stream }) => stream === "stdout");
    return JSON.parse(atob(frames.at(-1)!.data!)).result;
  };
  const info = await call(1, "initialize", { protocolVersion: "2025-06-18", capabilities: {} });
  assertEquals(info.serverInfo.name, "adder");
  const { content } = await call(2, "tools/call", { name: "add", arguments: { a: 2, b: 3 } });
  assertEquals(content[0].text, "5");
}

import { assertEquals, assertStringIncludes } from "@std/assert";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import type { HubWorld } from "./hub_world.ts";
import type { Step } from "./sessions.ts";
import { checkStored } from "./stored_check.ts";

/** The tools of `claustrum mcp`, which the agent of one session calls about another. */
export const MCP_STEPS: readonly Step[] = [
  ["an agent that lists, prompts and awaits another one over MCP", async (world) => {
    const other = await world.start("mcp-other");
    const { id } = await world.start("mcp-driver", ["--mcp-config", mcpConfig(world)]);

    const sessions = JSON.parse(await useTool(world, id, "sessions_list", { active: true }));
    const facts = (sessions as { name: string; status: string }[]).map(({ name, status }) => `${name} ${status}`);
    assertEquals(facts.filter((fact) => fact.startsWith("mcp-")), ["mcp-driver active", "mcp-other idle"]);

    const session_name = "mcp-other";
    const sent = JSON.parse(await useTool(world, id, "prompt_send", { session_name, prompt: "echo from the driver" }));
    assertEquals(sent.prompt_status, "sent");
    const waited = JSON.parse(await useTool(world, id, "session_wait", { session_name }));
    assertEquals([waited.status, waited.answer], ["idle", "echo: from the driver"]);

    assertEquals(await world.done(other.id, sent.prompt_id), "echo: from the driver");
    assertEquals(await world.ask(other.id, "recall"), "echo from the driver");
    for (const session of [id, other.id]) await checkStored(world, session);
  }],
];

/** The configuration of the CLI with `claustrum mcp` as its only server. */
function mcpConfig({ home, state }: HubWorld): string {
  const { DENO_DIR } = plainEnvironment(home);
  const flags = ["--allow-writes", "--no-start", "--state-dir", state];
  const server = {
    command: Deno.execPath(),
    args: ["run", "-A", "--quiet", "--no-prompt", CLI, "mcp", ...flags],
    env: { DENO_DIR },
  };
  return JSON.stringify({ mcpServers: { claustrum: server } });
}

/** Has the agent call a tool, allows that as a person would, and returns what the model gets. */
async function useTool(world: HubWorld, id: string, tool: string, input: object): Promise<string> {
  const name = `mcp__claustrum__${tool}`;
  const prompt = await world.send(id, `tool ${name} ${JSON.stringify(input)}`);
  const { id: permission_id, tool_name } = await world.question(id);
  assertEquals(tool_name, name);
  await world.call("permission.answer", { permission_id, decision: "allow" });
  const result = await world.done(id, prompt);
  assertStringIncludes(result, "ran: ");
  return result.slice("ran: ".length);
}

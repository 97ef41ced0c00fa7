/**
 * Holds the stand-in against the real agent CLI: the same prompts and answers must give the same messages, and the same
 * arguments the same ends.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { agentArguments } from "../../lib/agent/arguments.ts";
import { ALLOWED_FLAGS } from "../../lib/agent/flags.ts";
import type { AgentMessage, EventMessage, PermissionRequestMessage } from "../../lib/agent/message_types.ts";
import { initializeLine, interruptLine, permissionLine } from "../../lib/agent/requests.ts";
import { driveAgent, type DrivenAgent, type DriveOptions, isKind } from "../helpers/driven_agent.ts";
import { standInAgent } from "../helpers/stand_in_agent.ts";
import { tempDir } from "../helpers/temp.ts";
import { waitFor } from "../helpers/wait.ts";
import { startFakeModelApi } from "./fake_model_api.ts";
import { agentEnvironment, prepareHome } from "./hub_world.ts";
import { replyInWords } from "./model_words.ts";
import { runSteps } from "./sessions.ts";

/** Starts agents of one kind, all in one home. */
type Start = (options?: Partial<DriveOptions>) => DrivenAgent;
/** Does something with agents, and returns what is to be the same. */
type Scene = (start: Start) => Promise<unknown>;

/** Shows that both do the same in each scene; returns the scenes in which they do not. */
export async function compareWithStandIn(program: string, isWanted: (name: string) => boolean): Promise<string[]> {
  const scenes = Object.entries(SCENES).filter(([name]) => isWanted(name));
  await using model = startFakeModelApi(replyInWords);
  const play = async (scene: Scene, findProgram: (home: string) => string | Promise<string>) => {
    await using home = await tempDir();
    await prepareHome(home.path, home.path);
    const env = { ...agentEnvironment(model.url), CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: "1" };
    const options = { program: await findProgram(home.path), home: home.path, env };
    return await scene((more) => driveAgent({ ...options, ...more }));
  };
  const show = async (scene: Scene) => {
    const real = await play(scene, () => program);
    const standIn = await play(scene, async (home) => (await standInAgent(home)).program);
    assertEquals(standIn, real, "the stand-in (actual) is not as the real one (expected)");
  };
  return await runSteps("stand-in", scenes.map(([name, scene]) => [name, () => show(scene)]));
}

/** What a message is, in a line; pieces of an answer are left out, for their number is the model's. */
function outline(messages: readonly AgentMessage[]): string[] {
  return messages.filter(({ kind }) => kind !== "partial").map((message) => {
    if (message.kind === "response") return `response ${message.requestId}${message.isError ? " error" : ""}`;
    if (message.kind !== "event") return message.kind;
    const { fact, type, subtype } = message;
    const state = fact?.fact === "lifecycle" || fact?.fact === "state" ? [fact.state] : [];
    const failure = fact?.fact === "result" && fact.isError ? ["error"] : [];
    return [type, ...(subtype === undefined ? [] : [subtype]), ...state, ...failure].join(" ");
  });
}

const isIdle = (message: AgentMessage): message is EventMessage =>
  message.kind === "event" && message.fact?.fact === "state" && message.fact.state === "idle";

/** Waits until the agent has said all about a turn. */
async function settled(agent: DrivenAgent): Promise<void> {
  await agent.next("idle", isIdle);
}

async function ended(agent: DrivenAgent): Promise<unknown> {
  await agent.close();
  const { code, stderr } = await agent.end();
  return { code, stderr, messages: outline(agent.messages) };
}

async function asked(agent: DrivenAgent, prompt: string): Promise<PermissionRequestMessage> {
  await agent.prompt(prompt);
  return await agent.next("a question", isKind("permission_request"));
}

const keysOf = (value: unknown) => Object.keys(value as object).sort();

/** Runs one agent through some prompts and answers. */
function scene(play: (agent: DrivenAgent) => Promise<void>): Scene {
  return async (start) => {
    await using agent = start();
    await play(agent);
    return await ended(agent);
  };
}

const isResponse = isKind("response");

const SCENES: Readonly<Record<string, Scene>> = {
  "initialize, and the end of stdin": scene(async (agent) => {
    await agent.write(initializeLine("r1"));
    await agent.next("the reply", isResponse);
  }),
  "two turns": scene(async (agent) => {
    for (const prompt of ["echo one", "echo two"]) {
      await agent.prompt(prompt);
      await settled(agent);
    }
  }),
  "a permission that is allowed": scene(async (agent) => {
    const { requestId, input } = await asked(agent, "tool Bash touch marker");
    await agent.write(permissionLine(requestId, { behavior: "allow", updatedInput: input }));
    await settled(agent);
  }),
  "what a question of Bash has": async (start) => {
    await using agent = start();
    const { json } = await asked(agent, "tool Bash touch marker");
    return keysOf(json["request"]);
  },
  "what a question of Write has": async (start) => {
    await using agent = start();
    const { json } = await asked(agent, "tool Write new.txt text");
    return keysOf(json["request"]);
  },
  "a permission that is denied": scene(async (agent) => {
    const { requestId } = await asked(agent, "tool Bash touch marker");
    await agent.write(permissionLine(requestId, { behavior: "deny", message: "no" }));
    await settled(agent);
  }),
  "a permission that is denied with an interruption": scene(async (agent) => {
    const { requestId } = await asked(agent, "tool Bash touch marker");
    await agent.write(permissionLine(requestId, { behavior: "deny", message: "no", interrupt: true }));
    await settled(agent);
  }),
  "two tools in one message": scene(async (agent) => {
    const first = await asked(agent, "tools touch one ;; touch two");
    await agent.write(permissionLine(first.requestId, { behavior: "allow" }));
    const second = await agent.next("the second question", isKind("permission_request"));
    await agent.write(permissionLine(second.requestId, { behavior: "allow" }));
    await settled(agent);
  }),
  "an answer to AskUserQuestion": scene(async (agent) => {
    const { requestId, input } = await asked(agent, "ask Which?");
    const updatedInput = { ...input as object, answers: { "Which?": "Blue" } };
    await agent.write(permissionLine(requestId, { behavior: "allow", updatedInput }));
    await settled(agent);
  }),
  "the interruption of an answer": scene(async (agent) => {
    await agent.prompt("stall");
    await waitFor("the answer", () => agent.messages.some((one) => one.kind === "partial" && one.text === "three "));
    await agent.write(interruptLine("stop"));
    await settled(agent);
  }),
  "the interruption of a question": scene(async (agent) => {
    await asked(agent, "tool Bash touch marker");
    await agent.write(interruptLine("stop"));
    await settled(agent);
  }),
  "an interruption while idle": scene(async (agent) => {
    await agent.write(interruptLine("stop"));
    await agent.next("the reply", isResponse);
  }),
  "two prompts during an answer": scene(async (agent) => {
    await agent.prompt("slow 5 100");
    await agent.next("the answer", isKind("partial"));
    await agent.prompt("echo one");
    await agent.prompt("echo two");
    for (let results = 0; results < 2; results++) await agent.result();
    await settled(agent);
  }),
  "the end of stdin during an answer": scene(async (agent) => {
    await agent.prompt("slow 5 50");
    await agent.next("the answer", isKind("partial"));
  }),
  "the end of stdin while a permission waits": scene(async (agent) => {
    await asked(agent, "tool Bash touch marker");
  }),
  "an API error": scene(async (agent) => {
    await agent.prompt("error");
    await settled(agent);
  }),
  "/clear and /cost": scene(async (agent) => {
    for (const prompt of ["echo one", "/clear", "/cost"]) {
      await agent.prompt(prompt);
      await settled(agent);
    }
  }),
  "SIGTERM while idle": async (start) => {
    await using agent = start();
    await agent.turn("echo one");
    await settled(agent);
    agent.kill("SIGTERM");
    return await agent.end();
  },
  "SIGINT during an answer": async (start) => {
    await using agent = start();
    await agent.prompt("stall");
    await waitFor("the answer", () => agent.messages.some((one) => one.kind === "partial" && one.text === "three "));
    agent.kill("SIGINT");
    return await agent.end();
  },
  "resume, which says nothing of what was said": async (start) => {
    const id = crypto.randomUUID();
    {
      await using first = start({ claudeSessionId: id });
      await first.turn("echo one");
      await first.close();
      await first.end();
    }
    await using agent = start({ claudeSessionId: id, resume: id });
    await agent.write(initializeLine("r1"));
    await agent.next("the reply", isResponse);
    const { text, sessionId } = await agent.turn("recall");
    await settled(agent);
    return [text, sessionId === id, await ended(agent)];
  },
  "the records of a conversation": async (start) => {
    await using agent = start();
    const home = await homeOf(agent);
    const uuid = await agent.prompt("echo one");
    await settled(agent);
    const directory = `${home}/.claude/projects/${home.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
    const lines = (await Deno.readTextFile(`${directory}/${agent.id}.jsonl`)).trimEnd().split("\n");
    const records = lines.map((line) => JSON.parse(line));
    return records.filter(({ type }) => ["queue-operation", "user", "assistant"].includes(type))
      .map((record) => [record.type, record.operation, record.uuid === uuid]);
  },
  "refused arguments": async (start) => {
    const [id, other] = ["0c9f3d4e-5b6a-4c7d-8e9f-0a1b2c3d4e5f", "1c9f3d4e-5b6a-4c7d-8e9f-0a1b2c3d4e5f"];
    await using first = start({ claudeSessionId: id });
    await first.turn("echo one");
    const base = { claudeSessionId: id, extra: [] };
    const ends: unknown[] = [];
    for (
      const args of [
        agentArguments(base),
        agentArguments({ ...base, claudeSessionId: "x" }),
        agentArguments({ ...base, resume: other }),
        [...agentArguments({ ...base, resume: id }), `--session-id=${other}`],
        agentArguments({ ...base, extra: ["--nonsense=1"] }),
        agentArguments({ ...base, claudeSessionId: other, permissionMode: "x" }),
        agentArguments({ ...base, claudeSessionId: other }).filter((arg) => arg !== "--verbose"),
      ]
    ) {
      await using agent = start({ args });
      ends.push(await ended(agent));
    }
    return ends;
  },
  "flags with several values, repeated": async (start) => {
    const values: Readonly<Record<string, string>> = { "--mcp-config": '{"mcpServers":{}}', "--tools": "Bash" };
    const several = Object.entries(ALLOWED_FLAGS).filter(([, { takes }]) => takes === "several");
    const ends: unknown[] = [];
    for (const [flag] of several) {
      const extra = [1, 2].map((i) => `${flag}=${values[flag] ?? (flag.endsWith("-dir") ? "/tmp" : `Read${i}`)}`);
      await using agent = start({ extra });
      await agent.write(initializeLine("r1"));
      await agent.next(`the reply with ${flag}`, isResponse);
      const { code } = await ended(agent) as { code: number };
      ends.push([flag, code]);
    }
    return ends;
  },
};

/** The home directory that an agent was given. */
async function homeOf({ pid }: DrivenAgent): Promise<string> {
  const variables = (await Deno.readTextFile(`/proc/${pid}/environ`)).split("\0");
  return variables.find((variable) => variable.startsWith("HOME="))!.slice("HOME=".length);
}

import { textOf } from "./conversation.ts";
import type { Message } from "./output.ts";
import { Interrupted, type Turn } from "./turn.ts";

/** A call of a tool. */
export interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: Message;
}

/** What came of a call. */
export interface Outcome {
  readonly isError: boolean;
  readonly text: string;
}

const REJECTED = "The user doesn't want to proceed with this tool use. The tool use was rejected.";

/** The call that the words of a prompt describe. */
export function readCall(words: string): Call {
  const id = `toolu_${crypto.randomUUID()}`;
  const [, name = "", rest = ""] = /^(\S+)\s*([^]*)$/.exec(words) ?? [];
  if (rest.startsWith("{")) return { id, name, input: JSON.parse(rest) };
  if (name !== "Write") return { id, name, input: { command: rest, description: "run it" } };
  const [, path = "", text = ""] = /^(\S+)\s*([^]*)$/.exec(rest) ?? [];
  return { id, name, input: { file_path: path.startsWith("/") ? path : `${Deno.cwd()}/${path}`, content: text } };
}

/** Asks about a call where the real CLI does, makes it, and tells what came of it. */
export async function makeCall(turn: Turn, call: Call): Promise<Outcome> {
  const permission = await askFor(turn, call);
  if (!permission.isAllowed) {
    turn.denials.push({ tool_name: call.name, tool_use_id: call.id, tool_input: call.input });
    return tell(turn, call, { isError: true, text: permission.message });
  }
  return tell(turn, call, await run(turn, call.name, permission.input));
}

function tell(turn: Turn, { id }: Call, outcome: Outcome): Outcome {
  const decision = outcome.isError ? "reject" : "accept";
  turn.user([{ type: "tool_result", tool_use_id: id, content: outcome.text, is_error: outcome.isError }], {
    tool_result_meta: [{ id, permission_decision: { decision, source: "user_temporary" } }],
  });
  return outcome;
}

type Permission =
  | { readonly isAllowed: true; readonly input: Message }
  | { readonly isAllowed: false; readonly message: string };

async function askFor(turn: Turn, call: Call): Promise<Permission> {
  const { mode, options } = turn.agent;
  if (!isAsked(mode, call)) return { isAllowed: true, input: call.input };
  if (mode === "dontAsk" || !options.asksOverStdio) {
    const message = `Permission to use ${call.name} was denied.`;
    turn.agent.send({
      type: "system",
      subtype: "permission_denied",
      tool_name: call.name,
      tool_use_id: call.id,
      message,
    });
    return { isAllowed: false, message };
  }
  const reply = await turn.agent.request(question(mode, call));
  switch (reply.kind) {
    case "interrupted":
      tell(turn, call, { isError: true, text: REJECTED });
      throw new Interrupted("aborted_tools");
    case "closed":
      return {
        isAllowed: false,
        message: "Tool permission request failed: AbortError: Tool permission stream closed before response received",
      };
    case "error":
      return { isAllowed: false, message: `Tool permission request failed: Error: ${reply.error}` };
    case "response":
      return decide(turn, call, reply.response as Message);
  }
}

function decide(turn: Turn, call: Call, { behavior, updatedInput, message, interrupt }: Message): Permission {
  if (behavior === "allow") return { isAllowed: true, input: (updatedInput ?? call.input) as Message };
  if (behavior !== "deny" || typeof message !== "string") {
    return { isAllowed: false, message: 'Tool permission request failed: expected {"behavior":"allow"|"deny",…}' };
  }
  if (interrupt !== true) return { isAllowed: false, message };
  turn.denials.push({ tool_name: call.name, tool_use_id: call.id, tool_input: call.input });
  tell(turn, call, { isError: true, text: REJECTED });
  throw new Interrupted("aborted_tools");
}

const HARMLESS = /^(?:ls|cat|pwd|true|grep|head|wc)(?: [^;&|<>`$]*)?$/;
const FOR_PEOPLE = ["AskUserQuestion", "ExitPlanMode"];

function isAsked(mode: string, { name, input }: Call): boolean {
  if (FOR_PEOPLE.includes(name)) return true;
  if (mode === "bypassPermissions" || mode === "auto" || name === "Read") return false;
  const command = typeof input["command"] === "string" ? input["command"] : "";
  if (mode === "acceptEdits" && (name === "Write" || /^(?:touch|mkdir) /.test(command))) return false;
  return name !== "Bash" || !HARMLESS.test(command);
}

/** Fields that do not apply are absent. */
function question(mode: string, { id, name, input }: Call): Message {
  const setMode = { type: "setMode", mode: "acceptEdits", destination: "session" };
  const request = { subtype: "can_use_tool", tool_name: name, display_name: name, input };
  if (FOR_PEOPLE.includes(name)) return { ...request, requires_user_interaction: true, tool_use_id: id };
  const description = name === "Write" ? `${input["file_path"]}`.split("/").at(-1) : input["description"];
  if (mode === "plan") return { ...request, description, decision_reason_type: "mode", tool_use_id: id };
  const command = `${input["command"]}`;
  const rule = { toolName: name, ruleContent: `${command.split(" ").slice(0, 2).join(" ")} *` };
  const addRules = { type: "addRules", rules: [rule], behavior: "allow", destination: "localSettings" };
  const suggestions = name === "Bash" ? [addRules, setMode] : [setMode];
  const [, blocked] = name === "Bash" ? /^(?:touch|mkdir) ([^\s;&|<>`$]+)/.exec(command) ?? [] : [];
  const blockedPath = blocked?.startsWith("/") ? blocked : `${Deno.cwd()}/${blocked}`;
  return {
    ...request,
    description,
    permission_suggestions: suggestions,
    ...(blocked === undefined ? {} : { blocked_path: blockedPath }),
    tool_use_id: id,
  };
}

async function run(turn: Turn, name: string, input: Message): Promise<Outcome> {
  switch (name) {
    case "Bash":
      return await runCommand(turn, `${input["command"]}`);
    case "Write":
      Deno.writeTextFileSync(`${input["file_path"]}`, `${input["content"]}`);
      return { isError: false, text: `File created successfully at: ${input["file_path"]}` };
    case "AskUserQuestion":
      return { isError: false, text: answersOf(input) };
    case "ExitPlanMode":
      return { isError: false, text: "User has approved your plan." };
    default:
      return { isError: false, text: JSON.stringify(input) };
  }
}

function answersOf({ answers }: Message): string {
  if (typeof answers !== "object" || answers === null) return "The user did not answer the questions.";
  const pairs = Object.entries(answers).map(([key, answer]) => `"${key}"="${answer}"`);
  return `Your questions have been answered: ${pairs.join(", ")}.`;
}

/** Runs a command in a session of its own, as the real CLI does: the group of the agent does not have it. */
async function runCommand(turn: Turn, command: string): Promise<Outcome> {
  const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command("/bin/sh", { args: ["-c", command], ...streams, detached: true }).spawn();
  turn.agent.children.add(child);
  const kill = () => Deno.kill(-child.pid, "SIGKILL");
  turn.signal.addEventListener("abort", kill);
  const texts = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const { code } = await child.status;
  turn.signal.removeEventListener("abort", kill);
  turn.agent.children.delete(child);
  if (turn.signal.aborted) {
    await texts;
    throw new Interrupted("aborted_tools");
  }
  const text = (await texts).join("").trimEnd();
  return code === 0 ? { isError: false, text } : { isError: true, text: `Exit code ${code}\n${text}`.trimEnd() };
}

/** What the turn says of the prompts that came meanwhile. */
export function absorbedText(turn: Turn): string {
  const texts = turn.absorb().map(({ content }) => textOf(content));
  return texts.length === 0 ? "" : ` (meanwhile: ${texts.join(" | ")})`;
}

import { meaningOf } from "./arguments.ts";
import { absorbedText, type Call, makeCall, readCall } from "./tools.ts";
import type { Turn } from "./turn.ts";

type Action = (turn: Turn, rest: string) => Promise<void> | void;

const ENCODER = new TextEncoder();
const numbers = (rest: string) => rest.split(" ").map(Number);

/** What the stand-in does, by the first word of a prompt. */
const ACTIONS: Readonly<Record<string, Action>> = {
  echo,
  recall: (turn) => turn.say(recall(turn)),
  tool: (turn, rest) => useTools(turn, [rest]),
  tools: (turn, rest) => useTools(turn, rest.split(" ;; ").map((command) => `Bash ${command}`)),
  ask,
  plan,
  script,
  stall: (turn) => turn.say("", { pieces: ["one ", "two ", "three "], isEndless: true }),
  slow,
  burst,
  drip,
  line: (turn, rest) => turn.say("x".repeat(Number(rest))),
  split,
  async stderr(turn, rest) {
    console.error(rest);
    await turn.say("said");
  },
  async garbage(turn) {
    turn.agent.output.write(ENCODER.encode("this is no JSON\n"));
    await turn.say("said");
  },
  async binary(turn) {
    turn.agent.output.write(new Uint8Array([0x00, 0xff, 0xfe, 0x80, 0x61, 0x0d, 0x0a]));
    await turn.say("said");
  },
  async unknown(turn) {
    turn.agent.send({ type: "system", subtype: "never_seen", value: [1] });
    turn.agent.output.send({ strange: true, type: "never_seen" });
    turn.agent.output.send({ type: "keep_alive" });
    await turn.say("said");
  },
  async request(turn) {
    const reply = await turn.agent.request({ subtype: "never_seen" });
    await turn.say(reply.kind === "error" ? reply.error : reply.kind);
  },
  crash: (_turn, rest) => Deno.exit(Number(rest)),
  half(turn, rest) {
    turn.agent.output.write(ENCODER.encode('{"type":"assistant","mess'));
    Deno.exit(Number(rest));
  },
  suicide: () => Deno.kill(Deno.pid, "SIGKILL"),
  async exit(turn) {
    turn.endsProgram = true;
    await turn.say("bye");
  },
  background,
  error: apiError,
  retry,
  env: (turn, rest) => turn.say(Deno.env.get(rest) ?? "(not set)"),
  args: (turn) => turn.say(JSON.stringify(Deno.args)),
  cwd: (turn) => turn.say(Deno.cwd()),
  "/clear"(turn) {
    turn.outcome = { num_turns: 0, result: "" };
  },
  "/cost"(turn) {
    turn.assistant([{ type: "text", text: "Total cost: $0.00" }], { local_command_run: true });
    turn.outcome = { num_turns: 0 };
  },
  "/exit": (turn) => turn.say("/exit isn't available in this environment."),
};

/** Answers a prompt. */
export async function act(turn: Turn, prompt: string): Promise<void> {
  const [, word = "", rest = ""] = /^(\S+)\s?([^]*)$/.exec(meaningOf(prompt)) ?? [];
  if (Object.hasOwn(ACTIONS, word)) await ACTIONS[word]!(turn, rest);
  else await echo(turn, prompt);
}

function echo(turn: Turn, text: string): Promise<void> {
  return turn.say(`echo: ${text}`);
}

/** The prompts before this one. */
function recall(turn: Turn): string {
  const prompts = turn.agent.conversation.said.filter(({ who }) => who === "user").map(({ text }) => text);
  return prompts.slice(0, -1).join(" | ");
}

async function useTools(turn: Turn, descriptions: readonly string[]): Promise<void> {
  const calls = descriptions.map(readCall);
  const texts: string[] = [];
  let making: ReturnType<typeof makeCall> | undefined;
  for (const { id, name, input } of calls) {
    turn.call(id, name, input, { isSameMessage: making !== undefined });
    // The first is asked about before the message has ended.
    making ??= makeCall(turn, calls[0]!);
  }
  for (const [i, call] of calls.entries()) {
    const { isError, text } = i === 0 ? await making! : await makeCall(turn, call);
    texts.push(`${isError ? "denied" : "ran"}: ${text}`);
  }
  await turn.say(texts.join("; ") + absorbedText(turn));
}

async function ask(turn: Turn, question: string): Promise<void> {
  const options = [{ label: "Red", description: "like blood" }, { label: "Blue", description: "like the sky" }];
  const input = { questions: [{ question, header: "Choice", options, multiSelect: false }] };
  const call = { ...readCall("AskUserQuestion {}"), input };
  turn.call(call.id, call.name, call.input);
  const { text } = await makeCall(turn, call);
  await turn.say(text);
}

/** Several things in one turn, each as its kind and a text. */
async function script(turn: Turn, rest: string): Promise<void> {
  for (const [kind, text] of JSON.parse(rest) as [string, string][]) {
    const words = text.split(/(?<=\s)/);
    if (kind === "think") turn.assistant([{ type: "thinking", thinking: text, signature: "" }]);
    else if (kind === "say") await turn.say(text, { pieces: words });
    else if (kind === "stall") await turn.say(text, { pieces: words, isEndless: true });
    else await makeOne(turn, readCall(text));
  }
}

async function makeOne(turn: Turn, call: Call): Promise<void> {
  turn.call(call.id, call.name, call.input);
  await makeCall(turn, call);
}

async function plan(turn: Turn, text: string): Promise<void> {
  const call = { ...readCall("ExitPlanMode {}"), input: { plan: text, planFilePath: "/nowhere/plan.md" } };
  turn.call(call.id, call.name, call.input);
  const { isError, text: said } = await makeCall(turn, call);
  if (!isError && turn.agent.mode === "plan") turn.agent.changeMode("default");
  await turn.say(isError ? `denied: ${said}` : "planned");
}

async function slow(turn: Turn, rest: string): Promise<void> {
  const [count = 1, gapMs = 10] = numbers(rest);
  const pieces = Array.from({ length: count }, (_, i) => `${i + 1} `);
  await turn.say(pieces.join(""), { pieces, gapMs });
}

async function burst(turn: Turn, rest: string): Promise<void> {
  const [count = 1, size = 1] = numbers(rest);
  for (let i = 1; i <= count; i++) turn.assistant([{ type: "text", text: `${i} `.padEnd(size, "x") }]);
  await turn.say("burst over");
}

async function drip(turn: Turn, rest: string): Promise<void> {
  const [path = "", gapMs = ""] = rest.split(" ");
  for (let i = 1; !isThere(path); i++) {
    turn.assistant([{ type: "text", text: `drip ${i}` }]);
    await turn.pause(Number(gapMs));
  }
  await turn.say("drip over");
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function split(turn: Turn, text: string): Promise<void> {
  const { output, conversation } = turn.agent;
  const uuid = crypto.randomUUID();
  const message = { role: "assistant", content: [{ type: "text", text }] };
  const line = ENCODER.encode(`${JSON.stringify({ type: "assistant", message, session_id: conversation.id, uuid })}\n`);
  output.write(line.subarray(0, line.length >> 1));
  await turn.pause(30);
  console.error("in between");
  await turn.pause(30);
  output.write(line.subarray(line.length >> 1));
  conversation.record("assistant", uuid, { message });
  await turn.say("split over");
}

async function background(turn: Turn, rest: string): Promise<void> {
  const [delayMs = 0, holdMs = 0] = numbers(rest);
  await turn.say("started");
  void turn.agent.runByItself(delayMs, async (own) => {
    await own.pause(holdMs, "aborted_tools");
    await own.say(`the task is over${absorbedText(own)}`);
    own.outcome = { origin: { kind: "task-notification", producer: "session-task", runId: "b1" } };
  });
}

function apiError(turn: Turn): void {
  const text = "API Error: 400 bad thing";
  turn.fail(text, {
    error: "unknown",
    is_api_error_message: true,
    api_error_status: 400,
    api_error_type: "invalid_request_error",
  });
  turn.outcome = { is_error: true, terminal_reason: "api_error", api_error_status: 400 };
}

async function retry(turn: Turn): Promise<void> {
  for (const attempt of [1, 2]) {
    turn.agent.send({
      type: "system",
      subtype: "api_retry",
      attempt,
      max_retries: 10,
      retry_delay_ms: 20,
      error_status: 529,
      error: "overloaded",
    });
    await turn.pause(20);
  }
  await turn.say("said");
}

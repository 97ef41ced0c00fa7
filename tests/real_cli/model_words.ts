/**
 * What the fake model says: it understands the words of the stand-in, see `programs/agent.ts`, so that the same prompts
 * can be sent to both.
 *
 * @module
 */

import { type ModelCall, say, type ToolCall, type Turn } from "./fake_model_api.ts";

const WORDS: Readonly<Record<string, (rest: string, call: ModelCall) => Turn>> = {
  echo: (rest) => say(`echo: ${rest}`),
  recall: (_, { prompts }) => say(prompts.slice(0, -1).join(" | ")),
  tool: (rest) => ({ kind: "tools", calls: [readToolCall(rest)] }),
  tools: (rest) => ({ kind: "tools", calls: rest.split(" ;; ").map((command) => readToolCall(`Bash ${command}`)) }),
  ask: (question) => ({
    kind: "tools",
    calls: [{ name: "AskUserQuestion", input: { questions: [choice(question)] } }],
  }),
  stall: () => ({ kind: "text", pieces: ["one ", "two ", "three "], isEndless: true }),
  slow(rest) {
    const [count = 1, gapMs = 10] = rest.split(" ").map(Number);
    return { kind: "text", pieces: Array.from({ length: count }, (_, i) => `${i + 1} `), gapMs };
  },
  line: (rest) => say("x".repeat(Number(rest))),
  error: () => ({ kind: "error", status: 400, message: "bad thing" }),
};

/** What the model says of itself, slowly. */
const OWN_TURN = ["the ", "task ", "is ", "over"];

/** Returns the reply of the model. */
export function replyInWords(call: ModelCall): Turn {
  if (call.results.length > 0) {
    return say(call.results.map(({ isError, text }) => `${isError ? "denied" : "ran"}: ${text}`).join("; "));
  }
  const prompt = call.prompts.at(-1) ?? "";
  // A task in the background has ended.
  if (call.last.includes("<task-notification>")) return { kind: "text", pieces: OWN_TURN, gapMs: 500 };
  const [, word = "", rest = ""] = /^(\S+)\s?([^]*)$/.exec(prompt) ?? [];
  return Object.hasOwn(WORDS, word) ? WORDS[word]!(rest, call) : say(`echo: ${prompt}`);
}

function readToolCall(words: string): ToolCall {
  const [, name = "", rest = ""] = /^(\S+)\s*([^]*)$/.exec(words) ?? [];
  if (rest.startsWith("{")) return { name, input: JSON.parse(rest) };
  if (name !== "Write") return { name, input: { command: rest, description: "run it" } };
  const [, path = "", content = ""] = /^(\S+)\s*([^]*)$/.exec(rest) ?? [];
  return { name, input: { file_path: path, content } };
}

function choice(question: string): object {
  const options = [{ label: "Red", description: "like blood" }, { label: "Blue", description: "like the sky" }];
  return { question, header: "Choice", options, multiSelect: false };
}

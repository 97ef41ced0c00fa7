/**
 * The stand-in as people use it, in a terminal.
 *
 * @module
 */

import { meaningOf, type Options, refuse } from "./arguments.ts";
import type { Conversation } from "./conversation.ts";
import { debugWriter, SESSION } from "./remote.ts";

const ENCODER = new TextEncoder();

function show(text: string): void {
  Deno.stdout.writeSync(ENCODER.encode(text));
}

/**
 * Runs until `/exit`, two times Ctrl-C, or the terminal's end. `/resume ID` goes to another conversation, `slow` is
 * answered after a while, and `tool` starts a process in a session of its own.
 */
export async function runTerminal(options: Options, conversation: Conversation): Promise<void> {
  Deno.addSignalListener("SIGTERM", () => conversation.end(143));
  Deno.addSignalListener("SIGHUP", () => conversation.end(129));
  const { mode, remoteName, isContinued } = options;
  let interrupts = 0;
  Deno.addSignalListener("SIGINT", () => {
    if (++interrupts > 1) conversation.end(0);
    show("\nPress Ctrl-C again to exit\n");
  });
  if (!Deno.stdin.isTerminal()) refuse("Error: the stand-in needs a terminal");
  show(`\x1b[1mStand-in agent\x1b[0m in ${Deno.cwd()} (${mode} mode on)\n`);
  for (const { who, text } of conversation.said) show(who === "user" ? `> ${text}\n` : `${text}\n`);
  if (remoteName !== undefined) {
    const link = remoteName.includes("linkless") ? "connected" : `https://claude.ai/code/${SESSION}`;
    show(`${isContinued ? "continued, " : ""}remote control as ${remoteName}: ${link}\n`);
    debugWriter(options.debugFile)("[bridge:repl] ready");
  }
  show("❯ ");
  for await (const line of lines(Deno.stdin.readable)) {
    if (line === "/exit") conversation.end(0);
    const [, other] = /^\/resume (.+)$/.exec(line) ?? [];
    if (line === "/clear" || other !== undefined) {
      conversation.clear(other);
      show("\x1b[2J\x1b[H(cleared)\n");
    } else if (line !== "") await answer(conversation, line);
    show("❯ ");
  }
  conversation.end(0);
}

async function* lines(readable: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of readable.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    for (const part of parts) yield part.trim();
  }
}

async function answer(conversation: Conversation, prompt: string): Promise<void> {
  conversation.note("busy");
  const earlier = conversation.said.filter(({ who }) => who === "user").map(({ text }) => text);
  const content = prompt;
  conversation.record("user", crypto.randomUUID(), { message: { role: "user", content } });
  if (prompt === "slow") await new Promise((resolve) => setTimeout(resolve, 1_500));
  if (prompt === "tool") {
    show(`pid ${startTool()}.
`);
  }
  const text = meaningOf(prompt) === "recall" ? earlier.join(" | ") : `echo: ${prompt.replace(/^echo /, "")}`;
  const message = { role: "assistant", content: [{ type: "text", text }] };
  conversation.record("assistant", crypto.randomUUID(), { message });
  show(`${text}\n`);
  conversation.note("idle");
}

function startTool(): number {
  const child = new Deno.Command("setsid", { args: ["sleep", "1000"], stdin: "null", stdout: "null" }).spawn();
  child.unref();
  return child.pid;
}

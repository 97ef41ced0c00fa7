import type { HubClient } from "../../../hub/hub_client.ts";
import type { Session } from "../../../sessions/types.ts";
import { type AnswerEnd, startAnswer } from "../../answer_tracker.ts";
import { snapshotWith, waitForAnswer } from "../../answer_wait.ts";
import { BROKEN_PIPE } from "../../exit_code.ts";
import { defineHubCommand, HUB_UNREACHABLE, type HubInvocation } from "../../hub_command.ts";
import { abortOnTermination } from "../../termination_signal.ts";
import { pendingPermissions } from "../../pending_permission.ts";
import { permissionLines } from "../../permission_text.ts";
import { print, printError, printMessage } from "../../print.ts";
import { readPrompt } from "../../prompt_input.ts";
import { shellQuote } from "../../../system/quote.ts";
import { showControls, toOneLine } from "../../terminal_text.ts";
import { writeStdout } from "../../write_stdout.ts";

/** The exit code while a permission waits. */
const PERMISSION_WAITS = 4;

const FLAGS = {
  wait: { kind: "boolean", short: "w", help: "print the answer as it comes, and return at its end" },
  interrupt: { kind: "boolean", help: "interrupt the turn that runs first; prompts that wait keep their places" },
} as const;

export default defineHubCommand({
  usage: "session send NAME TEXT|- [--wait] [--interrupt]",
  about: `Sends a prompt to an agent; it waits in the session's queue while the agent is busy. A
stopped session is resumed. TEXT is a single argument; - reads it from stdin. Ctrl-C during
--wait only ends the wait.`,
  flags: FLAGS,
  exitCodes:
    "0 sent, or answered with --wait; 1 failed, or the answer is an error; 2 wrong arguments; 3 no hub could " +
    "be reached or it is gone; 4 a permission waits; 130 the wait was interrupted",
  examples: [
    "claustrum session send web 'run the tests'",
    "git diff | claustrum send web - --wait",
  ],
  arity: { least: 2, most: 2 },
  completes: "sessions",
  async run(invocation) {
    const { flags: { wait, interrupt }, args: [name = "", text = ""], connect, printResult } = invocation;
    const prompt = await readPrompt(text);
    await using client = await connect();
    if (wait) return await sendAndWait(invocation, client, name, prompt);
    if (interrupt) await client.call("session.interrupt", { session_name: name });
    const result = await client.call("prompt.send", { session_name: name, prompt, start_if_stopped: true });
    printResult(result, () => {
      if (result.prompt_status === "sent") return "sent";
      return result.position === undefined ? "queued" : `queued at position ${result.position}`;
    });
    return 0;
  },
});

async function sendAndWait(
  { flags: { interrupt, json } }: HubInvocation<typeof FLAGS>,
  client: HubClient,
  name: string,
  prompt: string,
): Promise<number> {
  const { id } = await client.call("session.get", { session_name: name });
  const given = new AbortController();
  // Before the prompt is sent, so that nothing of its turn is missed.
  const messages = client.follow({ sessions: [id], signal: given.signal });
  try {
    const shown = await snapshotWith(client, messages, id);
    if (shown === undefined) return lost(name);
    const { snapshot, session } = shown;
    if (interrupt) await client.call("session.interrupt", { session_name: id });
    const sent = await client.call("prompt.send", { session_name: id, prompt, start_if_stopped: true });
    using termination = abortOnTermination();
    termination.signal.addEventListener("abort", () => given.abort(), { once: true });
    const output = json ? new JsonOutput() : new TextOutput();
    let end: AnswerEnd | undefined;
    try {
      end = await waitForAnswer({
        client,
        messages,
        snapshot,
        state: startAnswer(session, sent.prompt_id, snapshot.host),
        output,
        isStreamed: !json,
        signal: termination.signal,
      });
    } finally {
      await output.end();
    }
    if (output instanceof JsonOutput) {
      const error = end?.kind === "failed" ? { error: end.reason } : {};
      print(JSON.stringify({ ...sent, outcome: end?.kind ?? "detached", answer: output.text, ...error }));
    }
    if (termination.signal.aborted) return detached(session, termination.exitCode);
    if (output.hasNoReader) return BROKEN_PIPE;
    return end === undefined ? lost(session.name) : await report(client, session, end);
  } finally {
    await messages.return(undefined);
  }
}

function detached(session: Session, exitCode: number): number {
  printMessage(`the session goes on: claustrum session events -f ${shellQuote(session.name)} follows it`);
  return exitCode;
}

function lost(session: string): number {
  printMessage(`the connection to the hub is lost; session ${toOneLine(session)} may go on`);
  return HUB_UNREACHABLE;
}

/** Says what is left to say; returns the exit code. */
async function report(client: HubClient, session: Session, end: AnswerEnd): Promise<number> {
  switch (end.kind) {
    case "answered":
      return 0;
    case "failed":
      printMessage(toOneLine(end.reason));
      return 1;
    case "permission":
      for (const permission of await pendingPermissions(client, session.id)) {
        for (const line of permissionLines(permission, session.name)) printError(line);
      }
      return PERMISSION_WAITS;
  }
}

/** Prints the answer on stdout as it comes. */
class TextOutput {
  readonly #isTerminal = Deno.stdout.isTerminal();
  #needsNewline = false;
  #hasNoReader = false;

  get hasNoReader(): boolean {
    return this.#hasNoReader;
  }

  /** Prints a piece; returns whether stdout still has a reader. */
  async write(text: string): Promise<boolean> {
    this.#needsNewline = !text.endsWith("\n");
    // What an agent says must not control the terminal; a program gets the text as it is.
    const isWritten = await writeStdout(this.#isTerminal ? showControls(text) : text);
    this.#hasNoReader = !isWritten;
    return isWritten;
  }

  /** Prints a text again of which pieces were missing. */
  async again(text: string): Promise<boolean> {
    await this.end();
    printMessage("a part of the answer was missing above; here it is again");
    return await this.write(text);
  }

  /** Ends the last line. */
  async end(): Promise<void> {
    if (this.#needsNewline && !this.#hasNoReader) await this.write("\n");
  }
}

/** Collects the answer. */
class JsonOutput {
  #pieces: string[] = [];
  readonly hasNoReader = false;

  get text(): string {
    return this.#pieces.join("");
  }

  write(text: string): Promise<boolean> {
    this.#pieces.push(text);
    return Promise.resolve(true);
  }

  again(text: string): Promise<boolean> {
    return this.write(`\n${text}`);
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}

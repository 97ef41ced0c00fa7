/**
 * The stand-in as programs talk to it: its stdin, the queue of prompts, control requests, signals and its end.
 *
 * @module
 */

import { DEFAULT_MODEL, MODES, type Options, VERSION } from "./arguments.ts";
import { type Conversation, textOf } from "./conversation.ts";
import type { Message, Output } from "./output.ts";
import { act } from "./actions.ts";
import { Interrupted, Turn } from "./turn.ts";

/** A prompt that waits. */
export interface Prompt {
  readonly uuid: string | undefined;
  readonly content: unknown;
}

/** What became of a request to the other side. */
export type Reply =
  | { readonly kind: "response"; readonly response: unknown }
  | { readonly kind: "error"; readonly error: string }
  /** The turn was interrupted. */
  | { readonly kind: "interrupted" }
  /** Nobody can answer any more. */
  | { readonly kind: "closed" };

/** Runs until stdin ends or something ends it. */
export async function runStream(options: Options, conversation: Conversation, output: Output): Promise<void> {
  const agent = new Agent(options, conversation, output);
  for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    Deno.addSignalListener(signal, () => agent.end(code));
  }
  Deno.addSignalListener("SIGINT", () => void agent.interruptAndEnd());
  const startMs = Number(Deno.env.get("STAND_IN_START_MS") ?? 0);
  if (startMs > 0) await new Promise((resolve) => setTimeout(resolve, startMs));
  await agent.read(Deno.stdin.readable);
}

/** See the module. */
export class Agent {
  readonly options: Options;
  readonly conversation: Conversation;
  readonly output: Output;
  /** The permission mode. */
  mode: string;
  /** The tools that run; they are killed with the agent. */
  readonly children = new Set<Deno.ChildProcess>();
  /** What the last turn sets and `end` looks at. */
  #lastWasError = false;
  #model: string;
  #queue: Prompt[] = [];
  #turn: Turn | undefined;
  #turnEnded: Promise<void> = Promise.resolve();
  #background = 0;
  #isAtEnd = false;
  #state: "running" | "requires_action" | "idle" = "idle";
  #results = 0;
  #costUsd = 0;
  readonly #requests = new Map<string, (reply: Reply) => void>();

  constructor(options: Options, conversation: Conversation, output: Output) {
    this.options = options;
    this.conversation = conversation;
    this.output = output;
    this.mode = options.mode;
    this.#model = options.model;
  }

  /** The model. */
  get model(): string {
    return this.#model;
  }

  /** Sends a message of the conversation. */
  send(message: Message): void {
    const { type, subtype, ...rest } = message;
    const head = subtype === undefined ? { type } : { type, subtype };
    this.output.send({ ...head, ...rest, session_id: this.conversation.id, uuid: rest["uuid"] ?? crypto.randomUUID() });
  }

  /** Reads stdin to its end. */
  async read(stdin: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let pieces: string[] = [];
    for await (const chunk of stdin) {
      this.conversation.logStdin(chunk);
      const [first = "", ...others] = decoder.decode(chunk, { stream: true }).split("\n");
      pieces.push(first);
      for (const other of others) {
        this.#takeLine(pieces.join(""));
        pieces = [other];
      }
    }
    this.#isAtEnd = true;
    for (const id of [...this.#requests.keys()]) this.#settle(id, { kind: "closed" });
    this.#endIfDone();
  }

  #endIfDone(): void {
    const isDone = this.#turn === undefined && this.#queue.length === 0 && this.#background === 0;
    if (this.#isAtEnd && isDone) this.end(this.#lastWasError ? 1 : 0);
  }

  /** Ends the program and its tools. */
  end(code: number): never {
    for (const { pid } of this.children) {
      try {
        Deno.kill(-pid, "SIGKILL");
      } catch {
        // It has just ended.
      }
    }
    this.conversation.end(code);
  }

  #takeLine(line: string): void {
    if (line.trim() === "") return;
    let message: Message;
    try {
      message = JSON.parse(line);
    } catch {
      console.error(`Error parsing streaming input line (type=unknown, ${line.length} chars): SyntaxError`);
      this.end(1);
    }
    if (message["type"] === "user") this.#takePrompt(message);
    else if (message["type"] === "control_request") this.#takeRequest(message);
    else if (message["type"] === "control_response") this.#takeResponse(message["response"] as Message);
  }

  #takePrompt({ message, uuid }: Message): void {
    const { role, content } = message as Message;
    if (role !== "user") {
      console.error(`Error: Expected message role 'user', got '${role}'`);
      this.end(1);
    }
    const prompt = { uuid: typeof uuid === "string" ? uuid : undefined, content };
    this.#queue.push(prompt);
    if (this.#turn === undefined) this.state("running");
    this.lifecycle(prompt, "queued");
    this.conversation.append({ type: "queue-operation", operation: "enqueue", content: textOf(content) });
    this.#startNext();
  }

  /** Tells what becomes of a prompt; nothing of one without a UUID. */
  lifecycle({ uuid }: Prompt, state: string): void {
    if (uuid !== undefined) this.send({ type: "command_lifecycle", command_uuid: uuid, state });
  }

  /** Takes the prompts that wait into the running turn. */
  absorb(): readonly Prompt[] {
    const absorbed = this.#queue.splice(0);
    for (const prompt of absorbed) {
      const { uuid, content } = prompt;
      this.lifecycle(prompt, "started");
      this.conversation.append({ type: "queue-operation", operation: "remove", reason: "absorbed_mid_turn" });
      const attachment = { type: "queued_command", prompt: textOf(content), source_uuid: uuid };
      this.conversation.record("attachment", crypto.randomUUID(), { attachment });
    }
    return absorbed;
  }

  #startNext(): void {
    if (this.#turn !== undefined || this.#queue.length === 0) return;
    // All that wait are merged into one.
    const prompts = this.#queue.splice(0);
    this.#turnEnded = this.#run(prompts, (turn) => act(turn, prompts.map(({ content }) => textOf(content)).join("\n")));
  }

  /** Runs a turn that no prompt started, once no other runs. */
  async runByItself(delayMs: number, action: (turn: Turn) => Promise<void>): Promise<void> {
    this.#background++;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    while (this.#turn !== undefined) await this.#turnEnded;
    this.#background--;
    this.send({ type: "system", subtype: "task_updated", task_id: "b1", patch: { status: "completed" } });
    this.send({ type: "system", subtype: "task_notification", task_id: "b1", status: "completed", summary: "over" });
    this.send({ type: "system", subtype: "background_tasks_changed", tasks: [] });
    this.#turnEnded = this.#run([], action);
  }

  async #run(prompts: readonly Prompt[], action: (turn: Turn) => Promise<void>): Promise<void> {
    const turn = new Turn(this, prompts);
    this.#turn = turn;
    this.state("running");
    if (prompts.length > 0) this.#begin(prompts);
    this.send({
      type: "system",
      subtype: "init",
      cwd: Deno.cwd(),
      tools: ["Bash", "Write", "AskUserQuestion", "ExitPlanMode"],
      mcp_servers: [],
      model: this.#model,
      permissionMode: this.mode,
      slash_commands: ["clear", "cost"],
      apiKeySource: "none",
      claude_code_version: VERSION,
    });
    try {
      await action(turn);
      this.#finish(turn, {});
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      turn.user([{ type: "text", text: error.message }]);
      this.#finish(turn, {
        subtype: "error_during_execution",
        is_error: true,
        result: undefined,
        terminal_reason: error.reason,
        errors: ["[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=null"],
      });
    }
    this.#turn = undefined;
    this.#startNext();
    this.#endIfDone();
  }

  #begin(prompts: readonly Prompt[]): void {
    for (const prompt of prompts) {
      this.conversation.append({ type: "queue-operation", operation: "dequeue" });
      this.lifecycle(prompt, "started");
    }
    const content = prompts.length === 1
      ? prompts[0]!.content
      : prompts.map(({ content: one }) => textOf(one)).join("\n");
    if (content === "/clear") return this.#clear();
    const uuid = prompts[0]!.uuid ?? crypto.randomUUID();
    this.conversation.record("user", uuid, { message: { role: "user", content } });
  }

  /** The new id that it names is not the one that follows, as measured. */
  #clear(): void {
    this.send({ type: "conversation_reset", new_conversation_id: crypto.randomUUID(), trigger: "clear" });
    this.conversation.clear();
    this.send({ type: "system", subtype: "background_tasks_changed", tasks: [] });
  }

  #finish(turn: Turn, outcome: Message): void {
    this.#costUsd += 0.25;
    // The order of the keys is the real one's: the type stands in the middle.
    const result: Message = {
      duration_api_ms: 1,
      stop_reason: "end_turn",
      session_id: this.conversation.id,
      total_cost_usd: this.#costUsd,
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 3,
        cache_read_input_tokens: 2,
        output_tokens: 5,
      },
      permission_denials: turn.denials,
      terminal_reason: "completed",
      is_error: false,
      num_turns: 1,
      subtype: "success",
      api_error_status: null,
      result: turn.lastText,
      type: "result",
      duration_ms: 2,
      uuid: crypto.randomUUID(),
      queued_turn_count: 0,
      result_index: this.#results++,
      ...turn.outcome,
      ...outcome,
    };
    this.#lastWasError = result["is_error"] === true;
    this.output.send(result);
    for (const prompt of turn.prompts) this.lifecycle(prompt, this.#lastWasError ? "cancelled" : "completed");
    if (this.#queue.length === 0) this.state("idle");
    if (turn.endsProgram) this.end(0);
  }

  /** Tells what the agent is doing if that is news, where the environment asks for that. */
  state(state: "running" | "requires_action" | "idle"): void {
    if (state === this.#state) return;
    this.#state = state;
    this.conversation.note(state === "running" ? "busy" : state === "idle" ? "idle" : "waiting");
    if (Deno.env.get("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS") !== "1") return;
    this.send({ type: "system", subtype: "session_state_changed", state });
  }

  /** Asks the other side, and waits for its answer. */
  async request(request: Message): Promise<Reply> {
    const id = crypto.randomUUID();
    if (this.#isAtEnd) return { kind: "closed" };
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#requests.set(id, resolve);
    this.state("requires_action");
    this.output.send({ type: "control_request", request_id: id, request });
    const reply = await promise;
    this.state("running");
    return reply;
  }

  #settle(id: string, reply: Reply): void {
    this.#requests.get(id)?.(reply);
    this.#requests.delete(id);
  }

  #takeResponse({ request_id, subtype, response, error }: Message): void {
    const reply: Reply = subtype === "success" ? { kind: "response", response } : { kind: "error", error: `${error}` };
    this.#settle(`${request_id}`, reply);
  }

  #takeRequest({ request_id, request }: Message): void {
    const respond = (fields: Message) =>
      this.output.send({ type: "control_response", response: { ...fields, request_id } });
    const succeed = (response: Message) => respond({ subtype: "success", response });
    const fail = (error: string, code: string) => respond({ subtype: "error", error, error_code: code });
    const { subtype, ...fields } = request as Message;
    switch (subtype) {
      case "initialize": {
        const refusal = Deno.env.get("STAND_IN_REFUSES");
        if (refusal !== undefined) return fail(refusal, "refused");
        if (Deno.env.get("STAND_IN_SILENT") === undefined) succeed(this.#introduction());
        return;
      }
      case "interrupt":
        return this.#interrupt(fields["cancel_queued"] === true, succeed);
      case "set_permission_mode":
        return this.#setMode(`${fields["mode"]}`, succeed, fail);
      case "set_model":
        this.#model = typeof fields["model"] === "string" ? fields["model"] : DEFAULT_MODEL;
        return succeed({ model: this.#model });
      case "cancel_async_message":
        return this.#cancelMessage(`${fields["message_uuid"]}`, succeed);
      case "get_session_cost":
        return succeed({ total_cost_usd: this.#costUsd });
      default:
        fail(`Unsupported control request subtype: ${subtype}`, "unsupported_request");
    }
  }

  #introduction(): Message {
    return {
      commands: [
        { name: "clear", description: "Forget the conversation", argumentHint: "" },
        { name: "cost", description: "Show what the session has cost", argumentHint: "" },
      ],
      agents: [],
      output_style: "default",
      models: [{ value: "default", resolvedModel: DEFAULT_MODEL, displayName: "Default (recommended)" }],
      account: { tokenSource: "none", apiProvider: "firstParty" },
      pid: Deno.pid,
      claude_code_version: VERSION,
      current_permission_mode: this.mode,
      session_state: "idle",
    };
  }

  #interrupt(cancelsQueued: boolean, succeed: (response: Message) => void): void {
    const [turn, waiting] = [this.#turn, [...this.#requests.keys()]];
    for (const id of waiting) this.output.send({ type: "control_cancel_request", request_id: id });
    const cancelled = cancelsQueued ? this.#queue.splice(0) : [];
    const uuids = (prompts: readonly Prompt[]) => prompts.flatMap(({ uuid }) => uuid === undefined ? [] : [uuid]);
    succeed({
      still_queued: uuids(this.#queue),
      ...(cancelsQueued ? { cancelled: uuids(cancelled) } : {}),
    });
    for (const prompt of cancelled) this.lifecycle(prompt, "cancelled");
    for (const id of waiting) this.#settle(id, { kind: "interrupted" });
    turn?.interrupt();
  }

  /** What Ctrl-C does. */
  async interruptAndEnd(): Promise<void> {
    this.#queue = [];
    for (const id of [...this.#requests.keys()]) this.#settle(id, { kind: "interrupted" });
    this.#turn?.interrupt();
    await this.#turnEnded;
    this.end(0);
  }

  #setMode(mode: string, succeed: (response: Message) => void, fail: (error: string, code: string) => void): void {
    if (mode === "bypassPermissions" && !this.options.canBypass) {
      return fail(
        "Cannot set permission mode to bypassPermissions because the session was not launched with " +
          "--dangerously-skip-permissions",
        "bypass_not_launched",
      );
    }
    if (!MODES.includes(mode)) return fail(`Invalid permission mode: ${mode}`, "invalid_mode");
    succeed({ mode });
    this.changeMode(mode);
  }

  /** Changes the permission mode and says so. */
  changeMode(mode: string): void {
    this.mode = mode;
    this.send({ type: "system", subtype: "status", status: null, permissionMode: mode });
  }

  #cancelMessage(uuid: string, succeed: (response: Message) => void): void {
    const at = this.#queue.findIndex((prompt) => prompt.uuid === uuid);
    const [prompt] = at < 0 ? [] : this.#queue.splice(at, 1);
    succeed({ cancelled: prompt !== undefined, message_uuid: uuid });
    if (prompt !== undefined) this.lifecycle(prompt, "cancelled");
  }
}

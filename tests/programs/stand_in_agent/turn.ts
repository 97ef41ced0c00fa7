import type { Message } from "./output.ts";
import type { Agent, Prompt } from "./stream.ts";

/** A turn was interrupted; the message is what the transcript says about it. */
export class Interrupted extends Error {
  readonly reason: "aborted_streaming" | "aborted_tools";

  constructor(reason: "aborted_streaming" | "aborted_tools") {
    super(`[Request interrupted by user${reason === "aborted_tools" ? " for tool use" : ""}]`);
    this.reason = reason;
  }
}

/** A turn of the stand-in: what its "model" says in it. */
export class Turn {
  readonly agent: Agent;
  /** The last text that was said. */
  lastText = "";
  /** Fields of the result that differ from the usual ones. */
  outcome: Message = {};
  /** Whether the program ends after the result. */
  endsProgram = false;
  /** The calls that were denied. */
  readonly denials: Message[] = [];
  #prompts: readonly Prompt[];
  /** The id that all messages of one answer have. */
  #messageId = "";
  readonly #aborted = new AbortController();

  constructor(agent: Agent, prompts: readonly Prompt[]) {
    this.agent = agent;
    this.#prompts = prompts;
  }

  /** The prompts that this turn answers, also those that it absorbed. */
  get prompts(): readonly Prompt[] {
    return this.#prompts;
  }

  /** Interrupts the turn. */
  interrupt(): void {
    this.#aborted.abort();
  }

  /** Aborted when the turn is interrupted. */
  get signal(): AbortSignal {
    return this.#aborted.signal;
  }

  /** Takes in the prompts that came while a tool ran. */
  absorb(): readonly Prompt[] {
    const absorbed = this.agent.absorb();
    this.#prompts = [...this.#prompts, ...absorbed];
    return absorbed;
  }

  /** Waits, unless the turn is interrupted. */
  async pause(ms: number, reason: Interrupted["reason"] = "aborted_streaming"): Promise<void> {
    if (ms > 0 && !this.signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
      this.signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      clearTimeout(timer);
    }
    if (this.signal.aborted) throw new Interrupted(reason);
  }

  /** Says a text, in pieces where they are given. */
  async say(text: string, { pieces = [text], gapMs = 0, isEndless = false } = {}): Promise<void> {
    this.#beginPartial({ type: "text", text: "" });
    let said = "";
    try {
      for (const piece of pieces) {
        await this.pause(gapMs);
        said += piece;
        this.#partial({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: piece } });
      }
      if (isEndless) await this.pause(Infinity);
    } catch (error) {
      if (said !== "") this.assistant([{ type: "text", text: said }], { aborted: true });
      this.#endPartial();
      throw error;
    }
    this.assistant([{ type: "text", text }]);
    this.#endPartial();
  }

  /** Says that a tool is to be used, in a message of its own or in the same one as the last. */
  call(id: string, name: string, input: unknown, { isSameMessage = false } = {}): void {
    const block = { type: "tool_use", id, name, input: {} };
    if (isSameMessage) this.#partial({ type: "content_block_start", index: 1, content_block: block });
    else this.#beginPartial(block);
    const delta = { type: "input_json_delta", partial_json: JSON.stringify(input) };
    this.#partial({ type: "content_block_delta", index: 0, delta });
    this.assistant([{ type: "tool_use", id, name, input }]);
    this.#endPartial();
  }

  /** Sends and records a message of the model. */
  assistant(content: readonly Message[], fields: Message = {}): void {
    const message = this.#message(content);
    const uuid = crypto.randomUUID();
    this.lastText = content.map(({ text }) => text).findLast((text) => typeof text === "string") as string ??
      this.lastText;
    const uuids = this.#prompts.flatMap((prompt) => prompt.uuid === undefined ? [] : [prompt.uuid]);
    this.agent.send({
      type: "assistant",
      message,
      parent_tool_use_id: null,
      ...fields,
      timestamp: new Date().toISOString(),
      request_id: "req_1",
      ...(uuids.length > 0 ? { user_message_uuid: uuids.at(-1), user_message_uuids: uuids } : {}),
      uuid,
    });
    this.agent.conversation.record("assistant", uuid, { message, requestId: "req_1" });
  }

  /** Sends and records a message on behalf of the user, such as the result of a tool. */
  user(content: readonly Message[], fields: Message = {}): void {
    const uuid = crypto.randomUUID();
    const message = { role: "user", content };
    this.agent.send({ type: "user", message, parent_tool_use_id: null, ...fields, uuid });
    this.agent.conversation.record("user", uuid, { message });
  }

  #message(content: readonly Message[]): Message {
    return {
      id: this.#messageId,
      type: "message",
      role: "assistant",
      model: this.agent.model,
      content,
      stop_reason: null,
      usage: { input_tokens: 10, output_tokens: 1 },
    };
  }

  #partial(event: Message): void {
    if (!this.agent.options.hasPartials) return;
    this.agent.send({ type: "stream_event", event, parent_tool_use_id: null });
  }

  /** Says that the model is called, and calls it in vain. */
  fail(text: string, fields: Message): void {
    if (this.agent.options.hasPartials) this.agent.send({ type: "system", subtype: "status", status: "requesting" });
    this.assistant([{ type: "text", text }], fields);
  }

  #beginPartial(block: Message): void {
    this.#messageId = `msg_${crypto.randomUUID()}`;
    if (this.agent.options.hasPartials) this.agent.send({ type: "system", subtype: "status", status: "requesting" });
    this.#partial({ type: "message_start", message: this.#message([]) });
    this.#partial({ type: "content_block_start", index: 0, content_block: block });
  }

  #endPartial(): void {
    this.#partial({ type: "content_block_stop", index: 0 });
    this.#partial({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } });
    this.#partial({ type: "message_stop" });
  }
}

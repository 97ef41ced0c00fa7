import type { SessionEvent } from "../../../lib/sessions/types.ts";

/** A JSON object. */
type Fields = Readonly<Record<string, unknown>>;

/** Makes the events of a session, as the hub stores them. */
export class EventMaker {
  /** What was made, in order. */
  readonly events: SessionEvent[] = [];
  readonly #session: string;
  #at = Date.parse("2026-11-21T10:00:00.000Z");

  /** @param session The id of the session. */
  constructor(session = "5d3f2c1a-0000-4000-8000-000000000001") {
    this.#session = session;
  }

  /** Makes an event of any type. */
  event(type: string, payload: unknown, subtype?: string): SessionEvent {
    this.#at += 1_000;
    const id = this.events.length + 1;
    const event: SessionEvent = {
      id,
      session: this.#session,
      seq: id,
      at: new Date(this.#at).toISOString(),
      type,
      ...(subtype === undefined ? {} : { subtype }),
      payload,
    };
    this.events.push(event);
    return event;
  }

  /** A prompt that is sent at once. */
  prompt(id: string, prompt: unknown): void {
    this.promptState(id, "queued", { prompt });
    this.promptState(id, "sent");
  }

  /** What becomes of a prompt. */
  promptState(prompt_id: string, state: string, more: Fields = {}): SessionEvent {
    return this.event("prompt", { prompt_id, state, ...more }, state);
  }

  /** A message of the agent. */
  assistant(content: unknown, more: Fields = {}): SessionEvent {
    return this.event("assistant", { type: "assistant", message: { role: "assistant", content }, ...more });
  }

  /** A text of the agent. */
  says(text: string, more: Fields = {}): SessionEvent {
    return this.assistant([{ type: "text", text }], more);
  }

  /** A call of a tool. */
  calls(id: string, name: string, input: unknown, more: Fields = {}): SessionEvent {
    return this.assistant([{ type: "tool_use", id, name, input }], more);
  }

  /** What a tool returned. */
  returns(id: string, content: unknown, more: Fields = {}, isError = false): SessionEvent {
    const block = { type: "tool_result", tool_use_id: id, content, ...(isError ? { is_error: true } : {}) };
    return this.event("user", { type: "user", message: { role: "user", content: [block] }, ...more });
  }

  /** The end of a turn. */
  result(more: Fields = {}): SessionEvent {
    return this.event("result", {
      type: "result",
      subtype: "success",
      is_error: false,
      duration_ms: 3_200,
      num_turns: 1,
      ...more,
    }, "success");
  }

  /** An event of the agent's system. */
  system(subtype: string, more: Fields = {}): SessionEvent {
    return this.event("system", { type: "system", subtype, ...more }, subtype);
  }
}

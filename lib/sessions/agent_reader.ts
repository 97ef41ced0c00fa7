/**
 * Understands the lines of an agent: what each means for its session.
 *
 * @module
 */

import type { AgentLine } from "../agent/line_splitter.ts";
import { parseAgentLine } from "../agent/message.ts";
import type { AgentMessage, EventMessage } from "../agent/message_types.ts";
import { initializeLine, requestErrorLine } from "../agent/requests.ts";
import { AgentRequests, type AgentResponse } from "./agent_requests.ts";
import type { Changes } from "./changes.ts";
import { GapRecovery } from "./gap_recovery.ts";
import type { OutputStream } from "./output_lines.ts";
import type { Questions } from "./questions.ts";
import { type AgentProcess, costOf, type SessionRecord } from "./record.ts";
import type { AgentCommand } from "./types.ts";
import { readCommands } from "./agent_commands.ts";
import type { SessionSettings } from "./settings.ts";
import type { SessionInput } from "./state.ts";

/** The session whose agent is understood. */
export interface ReaderSession {
  /** The session as it is now. */
  readonly record: SessionRecord;
  /** What the agent may do, and what it asks. */
  readonly questions: Questions;
  /** Applies an input to the state machine. */
  apply(input: SessionInput): void;
  /** Changes fields of the record. */
  set(fields: Partial<SessionRecord>): void;
  /** Changes fields of the process. */
  setProcess(fields: Partial<AgentProcess>): void;
  /** Stores an event of the hub's own. */
  note(type: string, subtype: string | undefined, payload: Readonly<Record<string, unknown>>, text?: string): void;
  /** Stores an event that the agent has; returns whether it is new. */
  noteMessage(message: EventMessage, line: string): boolean;
  /** Stores a line for the agent's stdin. */
  sendLine(line: string): void;
}

/** What the reader works with. */
export interface ReaderContext {
  /** The settings. */
  readonly settings: SessionSettings;
  /** The changes of all sessions. */
  readonly changes: Changes;
  /** Stores what only the transcript has. */
  readonly importTranscript: () => Promise<void>;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** How much of the end of stderr is kept, in characters. */
const STDERR_SHOWN = 2_000;
const INITIALIZE = "initialize";
/** How the id of the request begins that asks the agent for its state after a gap; the prompt in flight follows. */
const STATE_REQUEST = "state-";
const ENCODER = new TextEncoder();

/** See the module comment. */
export class AgentReader {
  readonly #session: ReaderSession;
  readonly #context: ReaderContext;
  #stderr = "";
  #partial = "";
  #commands: AgentCommand[] | undefined;
  /** What `undo` restores. */
  #former = { stderr: "", partial: "" };
  /** The line that is being taken. */
  #line: string | undefined;
  /** Lines that could not be taken, and why. */
  readonly #refused = new Map<string, string>();
  readonly #requests = new AgentRequests();
  readonly #gaps: GapRecovery;

  /** Creates the reader of a session. */
  constructor(session: ReaderSession, context: ReaderContext) {
    this.#session = session;
    this.#context = context;
    this.#gaps = new GapRecovery(session, context);
  }

  /** What the answer in progress contains so far. */
  get partial(): string {
    return this.#partial;
  }

  /** The slash commands that the agent knows; `undefined` if it has not told them to this program. */
  get commands(): readonly AgentCommand[] | undefined {
    return this.#commands;
  }

  /** The end of what the agent printed on stderr. */
  get stderrEnd(): string {
    return this.#stderr;
  }

  /** Begins with another process, which is asked to report when it is ready; called within a change. */
  begin(): void {
    this.#stderr = "";
    this.#session.sendLine(initializeLine(INITIALIZE));
  }

  /** Asks the agent what it is doing, because the end of a turn may be missing; called within a change. */
  askState(): void {
    const { mode, current } = this.#session.record.state;
    if (mode === "subprocess") this.#session.sendLine(initializeLine(`${STATE_REQUEST}${current ?? ""}`));
  }

  /** Remembers what {@linkcode undo} restores. */
  remember(): void {
    this.#former = { stderr: this.#stderr, partial: this.#partial };
  }

  /** Undoes what a change has done that failed. */
  undo(): void {
    ({ stderr: this.#stderr, partial: this.#partial } = this.#former);
  }

  /**
   * Has the next attempt store only that there was a line, after taking it has failed.
   *
   * @returns `false` if it was no line that failed.
   */
  refuseLine(error: unknown): boolean {
    const line = this.#line;
    this.#line = undefined;
    if (line === undefined || this.#refused.has(line)) return false;
    this.#refused.set(line, error instanceof Error ? error.message : String(error));
    return true;
  }

  /** Forgets the refused lines, once they are stored. */
  forgetRefused(): void {
    this.#refused.clear();
  }

  /** Sends a request to the agent and waits for the response. */
  async request(make: (requestId: string) => string): Promise<AgentResponse> {
    const requestId = crypto.randomUUID();
    // First, because nobody waits for the response if this fails.
    this.#context.changes.run(() => this.#session.sendLine(make(requestId)));
    return await this.#requests.add(requestId);
  }

  /** Notes that the agent has ended: it answers nothing any more. */
  leave(reason: string): void {
    this.#partial = "";
    this.#requests.refuseAll(reason);
  }

  /** Ends the work in progress. */
  async close(): Promise<void> {
    const closing = this.#gaps.close();
    this.leave("the hub is stopping");
    await closing;
  }

  /** Takes a line of the agent; called within a change. */
  takeLine(stream: OutputStream, line: AgentLine): void {
    if (line.kind === "too_long") return this.#session.note(stream, "too_long", { bytes: line.length });
    if (line.text === "") return;
    const reason = this.#refused.get(line.text);
    if (reason !== undefined) return this.#noteRefused(stream, line.text, reason);
    this.#line = line.text;
    this.#takeText(stream, line);
    this.#line = undefined;
  }

  #noteRefused(stream: OutputStream, text: string, reason: string): void {
    this.#session.note(stream, "error", { bytes: ENCODER.encode(text).length, reason });
    const message = stream === "stdout" ? parseAgentLine(text) : undefined;
    // The agent waits for an answer.
    if (message?.kind === "permission_request" || message?.kind === "other_request") {
      this.#session.sendLine(requestErrorLine(message.requestId, `claustrum cannot take this: ${reason}`));
    }
  }

  #takeText(stream: OutputStream, line: AgentLine & { kind: "line" }): void {
    if (stream === "stderr") {
      this.#stderr = `${this.#stderr}${line.text}\n`.slice(-STDERR_SHOWN);
      return this.#session.note("stderr", undefined, { text: line.text }, line.text);
    }
    const message = parseAgentLine(line.text);
    // What follows a gap is the end of a line whose beginning is lost, unless it is whole by chance.
    if (line.isTail && message.kind === "text") return;
    this.#takeMessage(message, line.text);
  }

  #takeMessage(message: AgentMessage, line: string): void {
    switch (message.kind) {
      case "event":
        if (this.#session.noteMessage(message, line)) this.#takeFact(message);
        return;
      case "partial":
        return this.#takePartial(message);
      case "permission_request":
        return this.#session.questions.take(message);
      case "other_request":
        return this.#session.sendLine(
          requestErrorLine(message.requestId, `claustrum does not know "${message.subtype}"`),
        );
      case "cancel_request":
        return this.#session.questions.cancel(message.requestId);
      case "response":
        return this.#takeResponse(message);
      case "keep_alive":
        return;
      case "text":
        return this.#session.note("stdout", undefined, { text: message.text }, message.text);
    }
  }

  #takePartial({ text, thinking, isStart, parentToolUseId }: AgentMessage & { kind: "partial" }): void {
    if (parentToolUseId !== undefined) return;
    const { changes } = this.#context;
    if (isStart) this.#partial = "";
    if (text !== undefined) {
      this.#partial += text;
      changes.publish({ type: "delta", session: this.#session.record.id, text });
    }
    if (thinking !== undefined) changes.publish({ type: "delta", session: this.#session.record.id, thinking });
  }

  #takeFact({ type, fact, sessionId }: EventMessage): void {
    if (type === "assistant") this.#partial = "";
    const hasOwnId = fact?.fact === "turn_started" || fact?.fact === "result";
    if (hasOwnId && sessionId !== undefined && sessionId !== this.#session.record.claudeSessionId) {
      // There is no transcript to go on with before the first prompt.
      this.#session.set({ claudeSessionId: sessionId, origin: { kind: "new" } });
    }
    switch (fact?.fact) {
      case "turn_started":
        if (fact.model !== undefined) this.#session.set({ model: fact.model });
        if (fact.permissionMode !== undefined) this.#session.set({ permissionMode: fact.permissionMode });
        return this.#session.apply({ type: "turn_started" });
      case "mode":
        return this.#session.set({ permissionMode: fact.permissionMode });
      case "lifecycle":
        return this.#session.apply({ type: "lifecycle", id: fact.uuid, state: fact.state });
      case "state":
        return this.#session.apply({ type: "agent_state", state: fact.state });
      case "task_notification":
        return this.#session.apply({ type: "turn_started" });
      case "result":
        return this.#takeResult(fact);
    }
  }

  #takeResult(
    { costUsd, usage, isTaskNotification }: Extract<NonNullable<EventMessage["fact"]>, { fact: "result" }>,
  ): void {
    const { tokens, turns } = this.#session.record;
    this.#partial = "";
    if (costUsd !== undefined) this.#session.setProcess({ cost: costUsd });
    this.#session.set({
      turns: turns + 1,
      tokens: {
        input: tokens.input + (usage?.input ?? 0),
        output: tokens.output + (usage?.output ?? 0),
        cache_read: tokens.cache_read + (usage?.cache_read ?? 0),
        cache_creation: tokens.cache_creation + (usage?.cache_creation ?? 0),
      },
    });
    const { maxCostUsd } = this.#context.settings;
    if (maxCostUsd > 0 && costOf(this.#session.record) >= maxCostUsd && !this.#session.record.state.isHeld) {
      this.#session.note("status", "held", {
        reason: `the session has cost more than $${maxCostUsd}; a prompt goes on with it`,
      });
      this.#session.apply({ type: "hold" });
    }
    this.#session.apply({ type: "result", isTaskNotification });
  }

  #takeResponse({ requestId, isError, error, response }: AgentMessage & { kind: "response" }): void {
    if (requestId === INITIALIZE) {
      if (!isError) {
        this.#commands = readCommands(response);
        this.#session.set({ error: null });
        return this.#session.apply({ type: "ready" });
      }
      this.#session.set({ error: `the agent refused to start: ${error ?? "no reason given"}` });
      return this.#session.apply({ type: "refused" });
    }
    if (requestId.startsWith(STATE_REQUEST)) {
      this.#commands = readCommands(response) ?? this.#commands;
      return this.#gaps.recover(requestId.slice(STATE_REQUEST.length), response?.["session_state"]);
    }
    const settle = this.#requests.take(requestId);
    if (settle === undefined) return;
    this.#context.changes.after(() => settle(isError ? { refusal: error ?? "the agent refused" } : { response }));
  }
}

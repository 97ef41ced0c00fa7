/**
 * One session: applies what happens to the state machine, stores the outcome, and does what the machine says.
 *
 * Everything that changes goes through {@linkcode Changes}: in the transaction the record, the events, the bytes for the
 * agent and the position in its output are stored together; after it, the bytes are written and the process is started.
 * A hub that is killed in between finds in the store what is left to do.
 *
 * @module
 */

import { type AgentLine, LineSplitter } from "../agent/line_splitter.ts";
import {
  type AgentMessage,
  type EventMessage,
  parseAgentLine,
  type PermissionRequestMessage,
} from "../agent/message.ts";
import {
  initializeLine,
  interruptLine,
  type PermissionDecision,
  permissionLine,
  requestErrorLine,
  userLine,
} from "../agent/requests.ts";
import { contentText, searchText } from "../agent/search_text.ts";
import type { Frame, ProcessExit } from "../process/frame_codec.ts";
import type { PermissionRow } from "../store/permissions.ts";
import type { Store } from "../store/store.ts";

import { AgentChannel } from "./agent_channel.ts";
import type { Changeable, Changes } from "./changes.ts";
import type { DaemonLine } from "./daemon_line.ts";
import { type AgentProcess, costOf, type SessionRecord, type Terminal } from "./record.ts";
import { decide, type Decision, describeRule, type RuleContext, ruleFor, type RuleMatch } from "./permission_rules.ts";
import { realPathSoFar } from "./real_path.ts";
import { SessionError } from "./session_error.ts";
import type { SessionSettings } from "./settings.ts";
import { deadlineOf, isLive, type SessionEffect, type SessionInput, step } from "./state.ts";
import type {
  PendingPermission,
  PermissionAnswer,
  PromptContent,
  Session,
  SessionEvent,
  SessionRule,
} from "./types.ts";
import type { Clock } from "../system/clock.ts";

/** What all sessions of a keeper share. */
export interface RunnerContext {
  /** The store. */
  readonly store: Store;
  /** The changes of all sessions. */
  readonly changes: Changes;
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** The settings. */
  readonly settings: SessionSettings;
  /** The source of time. */
  readonly clock: Clock;
  /** Has {@linkcode SessionRunner.flush} called soon. */
  readonly schedule: () => void;
  /** Starts the agent's process of a session; called after the change that requested it. */
  readonly launch: (runner: SessionRunner) => void;
  /** Kills the agent's process with all descendants. */
  readonly killTree: (runner: SessionRunner) => void;
  /** Opens or closes the terminal of a session. */
  readonly openTerminal: (runner: SessionRunner) => void;
  /** Ends the program in the terminal. */
  readonly closeTerminal: (runner: SessionRunner) => void;
  /** Whether the transcript has a prompt; called when an agent has ended. */
  readonly wasTaken: (runner: SessionRunner, promptId: string) => Promise<boolean>;
  /** Stores what only the transcript has; called when output was lost. */
  readonly importTranscript: (runner: SessionRunner) => Promise<void>;
  /** Called when an agent was lost whose end was not requested. */
  readonly onLost: (runner: SessionRunner) => void;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** What is stored of a question. */
export interface PermissionData {
  /** The id under which the agent asks. */
  readonly requestId: string;
  /** The process that asks. */
  readonly processId: string;
  /** The tool. */
  readonly toolName: string;
  /** What the tool is to be called with. */
  readonly input: unknown;
  /** What the agent says about the call. */
  readonly description?: string | undefined;
  /** Whether only a person can answer. */
  readonly requiresUserInteraction: boolean;
  /** What an answer for the session would allow. */
  readonly rule?: RuleMatch | undefined;
}

/** What is stored of a rule. */
export interface RuleData {
  /** The tool of the call that it was added for. */
  readonly toolName: string;
  /** What it allows. */
  readonly match: RuleMatch;
}

type Incoming =
  & { readonly processId: string; readonly wasTaken: boolean }
  & (
    | { readonly kind: "frame"; readonly frame: Frame; readonly gap: number }
    | { readonly kind: "lost"; readonly reason: string }
  );

interface PendingRequest {
  resolve(response: Readonly<Record<string, unknown>> | undefined): void;
  reject(error: Error): void;
}

type Streams<T> = { readonly stdout: T; readonly stderr: T };

/** What an unfinished line may hold in the store, in bytes; what is longer is too long for an event anyway. */
const MAX_UNFINISHED_BYTES = 64 << 20;
/** How much may wait to be stored before the agent is held up, in bytes. */
const MAX_INBOX_BYTES = 4 << 20;
/** How much is stored in one change, in bytes, so that followers and other sessions have their turn. */
const MAX_FLUSH_BYTES = 256 << 10;
/** How much of the end of stderr is shown when an agent has failed, in characters. */
const STDERR_SHOWN = 2_000;
const INITIALIZE = "initialize";
/** How the id of the request begins that asks the agent for its state after a gap; the prompt in flight follows. */
const STATE_REQUEST = "state-";
const ENCODER = new TextEncoder();

/** See the module comment. */
export class SessionRunner implements Changeable {
  readonly #context: RunnerContext;
  #record: SessionRecord;
  #former: SessionRecord | undefined;
  #rules: RuleData[];
  #splitters: Streams<LineSplitter>;
  #stored: Record<"stdout" | "stderr", number>;
  #inbox: Incoming[] = [];
  #inboxBytes = 0;
  #drained: PromiseWithResolvers<void> | undefined;
  #channel: AgentChannel | undefined;
  #stderr = "";
  #partial = "";
  /** The process whose loss has been noticed. */
  #lost: string | undefined;
  /** What `undo` brings back beside the record. */
  #formerTexts = { stderr: "", partial: "" };
  #deadline: { readonly key: string; readonly cancel: () => void } | undefined;
  #idle: { readonly key: string; readonly cancel: () => void } | undefined;
  /** The line of stdout or stderr that is being taken. */
  #line: string | undefined;
  /** Lines that could not be taken, and why. */
  readonly #refused = new Map<string, string>();
  #isClosed = false;
  #isVisiblyChanged = false;
  #changed = Promise.withResolvers<void>();
  readonly #requests = new Map<string, PendingRequest>();
  /** What is still being done about lost output. */
  readonly #recovering = new Set<Promise<void>>();
  readonly #askTimers = new Map<string, () => void>();

  /** Creates the runner of a record that is stored. */
  constructor(record: SessionRecord, context: RunnerContext) {
    this.#record = record;
    this.#context = context;
    this.#rules = context.store.rules.of(record.id).map(({ data }) => JSON.parse(data));
    [this.#splitters, this.#stored] = this.#readUnfinished();
  }

  /** The session as it is stored. */
  get record(): SessionRecord {
    return this.#record;
  }

  /** What the answer in progress contains so far. */
  get partial(): string {
    return this.#partial;
  }

  /** The end of what the agent printed on stderr. */
  get stderrEnd(): string {
    return this.#stderr;
  }

  /** Whether the output of the agent is being read. */
  get isConnected(): boolean {
    return this.#channel !== undefined;
  }

  /** The session as others see it. */
  toSession(): Session {
    const record = this.#record;
    const { state, process, terminal } = record;
    const { store, settings } = this.#context;
    const queue = state.queue.map((id) => store.prompts.get(id)).filter((row) => row !== undefined);
    return {
      id: record.id,
      name: record.name,
      host: settings.host,
      path: record.path,
      mode: state.mode,
      status: state.status,
      claude_session_id: record.claudeSessionId,
      model: record.model,
      permission_mode: record.permissionMode,
      policy: record.policy,
      queue: queue.map(({ id, content, at }) => ({ id, prompt: JSON.parse(content), at: iso(at) })),
      permissions: state.asked,
      turns: record.turns,
      cost_usd: costOf(record),
      tokens: record.tokens,
      last_event: record.lastEvent,
      created_at: iso(record.createdAt),
      updated_at: iso(record.updatedAt),
      ...(record.endedAt === null || isLive(state) ? {} : { ended_at: iso(record.endedAt) }),
      ...(terminal === null ? {} : { tmux_session: terminal.name }),
      ...(record.exit === null || isLive(state) ? {} : { exit: record.exit }),
      ...(record.error === null || state.status !== "error" ? {} : { error: record.error }),
    };
  }

  /** The pending questions, as others see them. */
  pendingPermissions(): PendingPermission[] {
    const { store } = this.#context;
    const rows = this.#record.state.asked.map((id) => store.permissions.get(id)).filter((row) => row !== undefined);
    return rows.map((row) => this.#toPermission(row));
  }

  /** The rules, as others see them. */
  rules(): SessionRule[] {
    return this.#context.store.rules.of(this.#record.id).map(({ id, at, data }) => {
      const { toolName, match } = JSON.parse(data) as RuleData;
      return { id, at: iso(at), tool_name: toolName, covers: describeRule(match) };
    });
  }

  /** Waits until a condition of the record holds. */
  async until(isTrue: (record: SessionRecord) => boolean): Promise<void> {
    while (!isTrue(this.#record)) {
      if (this.#isClosed) throw new SessionError("unavailable", "the hub is stopping");
      await this.#changed.promise;
    }
  }

  // ---- Changes: all that follows is called within a change.

  /** Applies an input to the state machine and prepares what follows. */
  apply(input: SessionInput): void {
    const before = this.#record.state;
    const { state, effects } = step(before, input);
    if (state !== before) this.set({ state });
    for (const effect of effects) this.#prepare(effect);
    if (state.status !== before.status || state.mode !== before.mode) this.#noteStatus();
  }

  /** Changes fields of the record. */
  set(fields: Partial<SessionRecord>): void {
    if (this.#context.changes.touch(this)) {
      this.#former = this.#record;
      this.#formerTexts = { stderr: this.#stderr, partial: this.#partial };
    }
    this.#isVisiblyChanged ||= Object.keys(fields).some((key) => !QUIET_FIELDS.has(key));
    this.#record = { ...this.#record, ...fields };
  }

  /** Changes fields of the process. */
  setProcess(fields: Partial<AgentProcess>): void {
    const { process } = this.#record;
    if (process !== null) this.set({ process: { ...process, ...fields } });
  }

  /** Stores an event of the hub's own. */
  note(type: string, subtype: string | undefined, payload: Readonly<Record<string, unknown>>, text?: string): void {
    this.#append({ type, subtype, payload, json: JSON.stringify(payload), text });
  }

  /** Stores an event that the agent or its transcript has; returns whether it is new. */
  noteMessage(message: EventMessage, line: string): boolean {
    const { type, subtype, uuid, json } = message;
    if (uuid !== undefined && this.#mayRepeat() && this.#context.store.events.hasUuid(this.#record.id, uuid)) {
      return false;
    }
    this.#append({ type, subtype, uuid, payload: json, json: line, text: searchText(message) });
    return true;
  }

  /** Stores a line for the agent's stdin, which is written after the change. */
  sendLine(line: string): void {
    const { process } = this.#record;
    if (process === null) return;
    const piece = { offset: process.stdinEnd, bytes: ENCODER.encode(line) };
    this.#context.store.stdin.append(process.id, this.#record.id, piece.offset, piece.bytes);
    this.setProcess({ stdinEnd: piece.offset + piece.bytes.length });
    this.#context.changes.after(() => this.#channel?.write(piece));
  }

  /** Begins another process: what was known of the former one is forgotten. */
  beginProcess(): void {
    const { store } = this.#context;
    const { id, attempts, process } = this.#record;
    if (process !== null) store.stdin.deleteOf(process.id);
    store.unfinished.clear(id, "stdout");
    store.unfinished.clear(id, "stderr");
    this.#splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
    this.#stored = { stdout: 0, stderr: 0 };
    this.#stderr = "";
    this.set({
      attempts: attempts + 1,
      ...(process?.pid === undefined ? {} : { formerPid: process.pid }),
      formerCost: costOf(this.#record),
      exit: null,
      error: null,
      endedAt: null,
      isLost: false,
      process: {
        id: `session/${id}/${attempts + 1}`,
        isStarted: false,
        seq: 0,
        stdinEnd: 0,
        cost: 0,
        hasGap: false,
      },
    });
    this.sendLine(initializeLine(INITIALIZE));
  }

  /** Queues a prompt. */
  addPrompt(id: string, content: PromptContent): void {
    const { store, clock } = this.#context;
    store.prompts.insert({
      id,
      session: this.#record.id,
      at: clock.now(),
      content: JSON.stringify(content),
      status: "queued",
    });
    this.note("prompt", "queued", { prompt_id: id, state: "queued", prompt: content }, contentText(content));
    this.apply({ type: "prompt", id });
  }

  /** Stores why the agent is no longer there. */
  noteEnd(exit: { readonly code?: number; readonly signal?: string; readonly reason: string }): void {
    this.set({ exit, error: exit.reason, endedAt: this.#context.clock.now() });
  }

  /** Answers a question. */
  answer(row: PermissionRow, answer: PermissionAnswer, by: string): void {
    const data = JSON.parse(row.data) as PermissionData;
    const isAllowed = answer.decision !== "deny";
    if (answer.decision === "allow_session") this.#addRule(data);
    const decision: PermissionDecision = isAllowed
      ? { behavior: "allow", updatedInput: answer.updated_input ?? data.input }
      : { behavior: "deny", message: answer.message ?? "The user denied this.", interrupt: answer.interrupt };
    this.#endPermission(row.id, { state: "answered", decision: answer.decision, by, message: answer.message });
    if (data.processId === this.#record.process?.id) this.sendLine(permissionLine(data.requestId, decision));
    this.apply({ type: "answered", id: row.id });
  }

  /** Adds the rules that are stored anew, after one was removed. */
  reloadRules(): void {
    this.#rules = this.#context.store.rules.of(this.#record.id).map(({ data }) => JSON.parse(data));
  }

  /** Stores the terminal. */
  setTerminal(terminal: Terminal | null): void {
    this.set({ terminal });
  }

  save(): void {
    const record = this.#record = { ...this.#record, updatedAt: this.#context.clock.now() };
    const { id, name, path, createdAt, updatedAt, state } = record;
    this.#context.store.sessions.update({
      id,
      name,
      path,
      status: state.status,
      created_at: createdAt,
      updated_at: updatedAt,
      data: JSON.stringify(record),
    });
    const isVisible = this.#isVisiblyChanged;
    this.#isVisiblyChanged = false;
    if (isVisible) this.#context.changes.publish(() => ({ type: "session", session: this.toSession() }));
    this.#context.changes.after(() => this.#noteChanged());
  }

  undo(): void {
    if (this.#former !== undefined) this.#record = this.#former;
    this.#former = undefined;
    ({ stderr: this.#stderr, partial: this.#partial } = this.#formerTexts);
    this.#isVisiblyChanged = false;
    this.reloadRules();
    [this.#splitters, this.#stored] = this.#readUnfinished();
  }

  /** Stores what the agent has printed since the last call; called within a change. Returns whether there was any. */
  flush(): boolean {
    if (this.#inbox.length === 0) return false;
    const incoming = this.#inbox.slice(0, countWithin(this.#inbox, MAX_FLUSH_BYTES));
    const pieces: Streams<Uint8Array[]> = { stdout: [], stderr: [] };
    const isReset = { stdout: false, stderr: false };
    for (const one of incoming) {
      if (one.processId !== this.#record.process?.id) continue;
      if (one.kind === "lost") this.#takeLoss(one);
      else this.#takeFrame(one, pieces, isReset);
    }
    for (const stream of ["stdout", "stderr"] as const) this.#storeUnfinished(stream, pieces[stream], isReset[stream]);
    this.#context.changes.after(() => {
      this.#refused.clear();
      this.#dropInbox(incoming.length);
    });
    return true;
  }

  /**
   * Has the next flush store only that there was a line, after taking it has failed.
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

  // ---- Outside of changes.

  /** Reads the process's output and writes its stdin from now on. */
  connect(applied: number): void {
    const { process } = this.#record;
    const { store, line } = this.#context;
    if (process === null || this.#channel !== undefined || this.#isClosed) return;
    const pieces = [...store.stdin.from(process.id, applied)];
    const channel = new AgentChannel({
      line,
      processId: process.id,
      fromSeq: process.seq,
      applied,
      onFrame: (frame, gap) => this.#receive(process.id, frame, gap),
      onLost: () => void this.#receiveLoss(process.id, "the agent was lost with the daemon"),
      onApplied: (offset) => this.#dropStdin(process.id, offset),
      onError: this.#context.onError,
    });
    this.#channel = channel;
    for (const piece of pieces) channel.write(piece);
    const { ending } = this.#record.state;
    if (ending !== null && ending.step !== "interrupt") channel.closeStdin();
    if (ending?.step === "terminate") channel.terminate();
    if (ending?.step === "kill") this.#context.killTree(this);
    this.#noteChanged();
  }

  /** Reports that the process is gone. */
  lose(reason: string): void {
    const { process } = this.#record;
    if (process !== null && this.#hasProcess()) void this.#receiveLoss(process.id, reason);
  }

  /** Sends a request to the agent and waits for the response. */
  async request(make: (requestId: string) => string): Promise<Readonly<Record<string, unknown>> | undefined> {
    if (!this.#hasProcess()) {
      throw new SessionError("conflict", `no agent of session "${this.#record.name}" can be asked`);
    }
    const requestId = crypto.randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>> | undefined>();
    this.#requests.set(requestId, { resolve, reject });
    this.#context.changes.run(() => this.sendLine(make(requestId)));
    return await promise;
  }

  /** Arms the time limits of a session that was loaded. */
  resumeTimers(): void {
    this.#armDeadline();
    this.#armIdle();
    for (const id of this.#record.state.asked) {
      const row = this.#context.store.permissions.get(id);
      if (row !== undefined) this.#armAskTimer(id, row.at);
    }
  }

  /** Lets go of the process, which runs on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#deadline?.cancel();
    this.#idle?.cancel();
    for (const cancel of this.#askTimers.values()) cancel();
    this.#rejectRequests("the hub is stopping");
    this.#drained?.resolve();
    this.#changed.resolve();
    await Promise.all([this.#channel?.close(), ...this.#recovering]);
  }

  // ---- Output of the agent.

  async #receive(processId: string, frame: Frame, gap: number): Promise<void> {
    const isExit = frame.stream === "exit";
    const wasTaken = isExit && await this.#readTranscript(gap > 0 || this.#record.process?.hasGap === true);
    if (this.#isClosed || this.#record.process?.id !== processId) return;
    this.#inbox.push({ kind: "frame", processId, frame, gap, wasTaken });
    this.#inboxBytes += frame.stream === "exit" ? 0 : frame.data.length;
    this.#context.schedule();
    if (this.#inboxBytes < MAX_INBOX_BYTES) return;
    await this.#whenDrained();
  }

  async #receiveLoss(processId: string, reason: string): Promise<void> {
    if (this.#lost === processId) return;
    this.#lost = processId;
    const wasTaken = await this.#readTranscript(true);
    if (this.#isClosed || this.#record.process?.id !== processId) return;
    this.#inbox.push({ kind: "lost", processId, reason, wasTaken });
    this.#context.schedule();
  }

  /** Looks into the transcript when the agent has ended; returns whether the prompt in flight is in it. */
  async #readTranscript(isImported: boolean): Promise<boolean> {
    await this.#whenDrained();
    try {
      if (isImported) await this.#context.importTranscript(this);
      return await this.#wasTaken();
    } catch (error) {
      // The end is to be noted all the same; the next start looks again.
      if (!this.#isClosed) this.#context.onError(error);
      return false;
    }
  }

  /** Whether an agent's process is there, or is believed to be. */
  #hasProcess(): boolean {
    const { state } = this.#record;
    return isLive(state) && state.mode === "subprocess" && state.ending?.step !== "open_terminal";
  }

  /** Forgets bytes that the agent has. If that fails they stay, which does no harm. */
  #dropStdin(processId: string, offset: number): void {
    const { changes, store } = this.#context;
    try {
      changes.run(() => store.stdin.dropBelow(processId, offset));
    } catch (error) {
      changes.report(error);
    }
  }

  async #whenDrained(): Promise<void> {
    while (this.#inbox.length > 0 && !this.#isClosed) {
      this.#drained ??= Promise.withResolvers();
      await this.#drained.promise;
    }
  }

  async #wasTaken(): Promise<boolean> {
    const { current } = this.#record.state;
    return current !== null && await this.#context.wasTaken(this, current);
  }

  #dropInbox(count: number): void {
    this.#inbox = this.#inbox.slice(count);
    this.#inboxBytes = this.#inbox.reduce((sum, one) => sum + sizeOf(one), 0);
    if (this.#inbox.length > 0) return this.#context.schedule();
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  #takeFrame(
    { frame, gap, wasTaken }: Incoming & { kind: "frame" },
    pieces: Streams<Uint8Array[]>,
    isReset: { stdout: boolean; stderr: boolean },
  ): void {
    if (gap > 0) {
      this.#noteGap(gap);
      for (const stream of ["stdout", "stderr"] as const) {
        pieces[stream].length = 0;
        isReset[stream] = true;
      }
    }
    this.setProcess({ seq: frame.seq });
    if (frame.stream === "exit") return this.#takeExit(frame.exit, wasTaken);
    const { stream, data } = frame;
    const newline = data.lastIndexOf(0x0a);
    if (newline >= 0) {
      pieces[stream].length = 0;
      isReset[stream] = true;
    }
    pieces[stream].push(data.subarray(newline + 1));
    for (const line of this.#splitters[stream].push(data)) this.#takeLine(stream, line);
  }

  #noteGap(missing: number): void {
    for (const stream of ["stdout", "stderr"] as const) this.#splitters[stream].dropUntilNewline();
    this.setProcess({ hasGap: true });
    this.note("gap", undefined, { missing_frames: missing });
    // The end of the turn may be among what is missing: the reply to this request tells what the agent is doing.
    const { mode, current } = this.#record.state;
    if (mode === "subprocess") this.sendLine(initializeLine(`${STATE_REQUEST}${current ?? ""}`));
  }

  #storeUnfinished(stream: "stdout" | "stderr", pieces: readonly Uint8Array[], isReset: boolean): void {
    const { unfinished } = this.#context.store;
    if (isReset && this.#stored[stream] > 0) {
      unfinished.clear(this.#record.id, stream);
      this.#stored[stream] = 0;
    }
    for (const bytes of pieces) {
      if (bytes.length === 0 || this.#stored[stream] > MAX_UNFINISHED_BYTES) continue;
      unfinished.append(this.#record.id, stream, bytes);
      this.#stored[stream] += bytes.length;
    }
  }

  #takeLine(stream: "stdout" | "stderr", line: AgentLine): void {
    if (line.kind === "too_long") return this.note(stream, "too_long", { bytes: line.length });
    if (line.text === "") return;
    const reason = this.#refused.get(line.text);
    if (reason !== undefined) return this.#noteRefused(stream, line.text, reason);
    this.#line = line.text;
    this.#takeText(stream, line);
    this.#line = undefined;
  }

  #noteRefused(stream: "stdout" | "stderr", text: string, reason: string): void {
    this.note(stream, "error", { bytes: ENCODER.encode(text).length, reason });
    const message = stream === "stdout" ? parseAgentLine(text) : undefined;
    // The agent waits for an answer.
    if (message?.kind === "permission_request" || message?.kind === "other_request") {
      this.sendLine(requestErrorLine(message.requestId, `claustrum cannot take this: ${reason}`));
    }
  }

  #takeText(stream: "stdout" | "stderr", line: AgentLine & { kind: "line" }): void {
    if (stream === "stderr") {
      this.#stderr = `${this.#stderr}${line.text}\n`.slice(-STDERR_SHOWN);
      return this.note("stderr", undefined, { text: line.text }, line.text);
    }
    const message = parseAgentLine(line.text);
    // What follows a gap is the end of a line whose beginning is lost, unless it is whole by chance.
    if (line.isTail && message.kind === "text") return;
    this.#takeMessage(message, line.text);
  }

  #takeMessage(message: AgentMessage, line: string): void {
    switch (message.kind) {
      case "event":
        if (this.noteMessage(message, line)) this.#takeFact(message);
        return;
      case "partial":
        return this.#takePartial(message);
      case "permission_request":
        return this.#takeQuestion(message);
      case "other_request":
        return this.sendLine(requestErrorLine(message.requestId, `claustrum does not know "${message.subtype}"`));
      case "cancel_request":
        return this.#takeCancel(message.requestId);
      case "response":
        return this.#takeResponse(message);
      case "keep_alive":
        return;
      case "text":
        return this.note("stdout", undefined, { text: message.text }, message.text);
    }
  }

  #takePartial({ text, thinking, isStart, parentToolUseId }: AgentMessage & { kind: "partial" }): void {
    if (parentToolUseId !== undefined) return;
    const { changes } = this.#context;
    if (isStart) this.#partial = "";
    if (text !== undefined) {
      this.#partial += text;
      changes.publish({ type: "delta", session: this.#record.id, text });
    }
    if (thinking !== undefined) changes.publish({ type: "delta", session: this.#record.id, thinking });
  }

  #takeFact({ type, fact, sessionId }: EventMessage): void {
    if (type === "assistant") this.#partial = "";
    const hasOwnId = fact?.fact === "turn_started" || fact?.fact === "result";
    if (hasOwnId && sessionId !== undefined && sessionId !== this.#record.claudeSessionId) {
      // There is no transcript to go on with before the first prompt.
      this.set({ claudeSessionId: sessionId, origin: { kind: "new" } });
    }
    switch (fact?.fact) {
      case "turn_started":
        if (fact.model !== undefined) this.set({ model: fact.model });
        if (fact.permissionMode !== undefined) this.set({ permissionMode: fact.permissionMode });
        return this.apply({ type: "turn_started" });
      case "mode":
        return this.set({ permissionMode: fact.permissionMode });
      case "lifecycle":
        return this.apply({ type: "lifecycle", id: fact.uuid, state: fact.state });
      case "state":
        return this.apply({ type: "agent_state", state: fact.state });
      case "task_notification":
        return this.apply({ type: "turn_started" });
      case "result":
        return this.#takeResult(fact);
    }
  }

  #takeResult(
    { costUsd, usage, isTaskNotification }: Extract<NonNullable<EventMessage["fact"]>, { fact: "result" }>,
  ): void {
    const { tokens, turns } = this.#record;
    this.#partial = "";
    if (costUsd !== undefined) this.setProcess({ cost: costUsd });
    this.set({
      turns: turns + 1,
      tokens: {
        input: tokens.input + (usage?.input ?? 0),
        output: tokens.output + (usage?.output ?? 0),
        cache_read: tokens.cache_read + (usage?.cache_read ?? 0),
        cache_creation: tokens.cache_creation + (usage?.cache_creation ?? 0),
      },
    });
    const { maxCostUsd } = this.#context.settings;
    if (maxCostUsd > 0 && costOf(this.#record) >= maxCostUsd && !this.#record.state.isHeld) {
      this.note("status", "held", {
        reason: `the session has cost more than $${maxCostUsd}; a prompt goes on with it`,
      });
      this.apply({ type: "hold" });
    }
    this.apply({ type: "result", isTaskNotification });
  }

  #takeResponse({ requestId, isError, error, response }: AgentMessage & { kind: "response" }): void {
    if (requestId === INITIALIZE) {
      if (!isError) {
        this.set({ error: null });
        return this.apply({ type: "ready" });
      }
      this.set({ error: `the agent refused to start: ${error ?? "no reason given"}` });
      return this.apply({ type: "refused" });
    }
    if (requestId.startsWith(STATE_REQUEST)) {
      return this.#recoverFromGap(requestId.slice(STATE_REQUEST.length), response?.["session_state"]);
    }
    const pending = this.#requests.get(requestId);
    if (pending === undefined) return;
    this.#requests.delete(requestId);
    this.#context.changes.after(() => {
      if (isError) pending.reject(new SessionError("conflict", error ?? "the agent refused"));
      else pending.resolve(response);
    });
  }

  /**
   * Catches up with what the agent has said and done while its output was lost.
   *
   * @param promptId The prompt that was in flight at the gap; empty if none was.
   * @param agentState What the agent was doing when it answered.
   */
  #recoverFromGap(promptId: string, agentState: unknown): void {
    const { changes, importTranscript, onError } = this.#context;
    const processId = this.#record.process?.id;
    const settle = () => {
      if (this.#isClosed || this.#record.process?.id !== processId) return;
      const { status, asked, current } = this.#record.state;
      if (status === "starting") return this.apply({ type: "ready" });
      if ((current ?? "") !== promptId) return; // the end of that turn was not lost
      if (agentState === "idle" && status !== "idle") this.apply({ type: "result", isTaskNotification: false });
      // A question that was lost cannot be answered: the agent would wait forever.
      else if (agentState === "requires_action" && asked.length === 0) this.apply({ type: "interrupt" });
    };
    changes.after(() => {
      const work = importTranscript(this).then(() => changes.run(settle)).catch((error) => {
        if (!this.#isClosed) onError(error);
      });
      this.#recovering.add(work);
      void work.then(() => this.#recovering.delete(work));
    });
  }

  // ---- Permissions.

  #takeQuestion(message: PermissionRequestMessage): void {
    const { store, clock } = this.#context;
    const { process } = this.#record;
    const { requestId, toolName, input, description, requiresUserInteraction } = message;
    if (process === null) return;
    const context = this.#ruleContext();
    const rule = ruleFor(message, context);
    const data: PermissionData = {
      requestId,
      processId: process.id,
      toolName,
      input,
      description,
      requiresUserInteraction,
      rule,
    };
    const row: PermissionRow = {
      id: crypto.randomUUID(),
      session: this.#record.id,
      at: clock.now(),
      data: JSON.stringify(data),
    };
    store.permissions.insert(row);
    const { id, host: _, session: __, at: ___, ...shown } = this.#toPermission(row);
    this.note(
      "permission",
      "asked",
      { permission_id: id, state: "asked", ...shown },
      `${toolName} ${description ?? ""}`,
    );
    const matches = this.#rules.map(({ match }) => match);
    const { decision, by } = decide(message, matches, this.#record.policy, context);
    if (decision !== "ask") return this.#answerByItself(row, decision, by);
    this.apply({ type: "asked", id });
    this.#context.changes.after(() => this.#armAskTimer(id, row.at));
  }

  #answerByItself(row: PermissionRow, decision: Exclude<Decision, "ask">, by: "rule" | "policy"): void {
    const message = decision === "deny" ? "The policy of this session denies this." : undefined;
    this.answer(row, { decision, message }, by === "rule" ? "a rule of the session" : "the policy of the session");
  }

  #takeCancel(requestId: string): void {
    const { store } = this.#context;
    const rows = this.#record.state.asked.map((id) => store.permissions.get(id)).filter((row) => row !== undefined);
    const row = rows.find(({ data }) => (JSON.parse(data) as PermissionData).requestId === requestId);
    if (row !== undefined) this.apply({ type: "cancelled", id: row.id });
  }

  #endPermission(id: string, outcome: Readonly<Record<string, unknown>> & { readonly state: string }): void {
    const { store, clock } = this.#context;
    if (!store.permissions.end(id, clock.now(), JSON.stringify(outcome))) return;
    this.note("permission", outcome.state, { permission_id: id, ...outcome });
    this.#context.changes.after(() => this.#dropAskTimer(id));
  }

  #addRule({ toolName, rule }: PermissionData): void {
    if (rule === undefined) throw new SessionError("bad_params", `"${toolName}" cannot be allowed for the session`);
    const { store, clock } = this.#context;
    const data: RuleData = { toolName, match: rule };
    store.rules.insert({
      id: crypto.randomUUID(),
      session: this.#record.id,
      at: clock.now(),
      data: JSON.stringify(data),
    });
    this.#rules = [...this.#rules, data];
  }

  #ruleContext(): RuleContext {
    const { guarded } = this.#context.settings;
    return { directory: realPathSoFar(this.#record.path) ?? this.#record.path, realPath: realPathSoFar, guarded };
  }

  #toPermission({ id, at, data }: PermissionRow): PendingPermission {
    const { toolName, input, description, requiresUserInteraction, rule } = JSON.parse(data) as PermissionData;
    return {
      id,
      session: this.#record.id,
      host: this.#context.settings.host,
      at: iso(at),
      tool_name: toolName,
      input,
      ...(description === undefined ? {} : { description }),
      requires_user_interaction: requiresUserInteraction,
      covers: rule === undefined ? "" : describeRule(rule),
    };
  }

  #armAskTimer(id: string, askedAt: number): void {
    const { askTimeoutSeconds } = this.#context.settings;
    if (askTimeoutSeconds <= 0 || this.#askTimers.has(id) || this.#isClosed) return;
    const { clock, store } = this.#context;
    const wait = Math.min(Math.max(0, askedAt + askTimeoutSeconds * 1_000 - clock.now()), askTimeoutSeconds * 1_000);
    const deny = () =>
      this.#insist(() => {
        const row = store.permissions.get(id);
        if (row === undefined || row.ended_at !== undefined) return;
        this.answer(row, { decision: "deny", message: "No answer came in time." }, "the time limit");
      });
    this.#askTimers.set(id, clock.after(wait, deny));
  }

  #dropAskTimer(id: string): void {
    this.#askTimers.get(id)?.();
    this.#askTimers.delete(id);
  }

  // ---- Ends.

  #takeExit({ code, signal }: ProcessExit, wasTaken: boolean): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const line = this.#splitters[stream].end();
      if (line !== undefined) this.#takeLine(stream, line);
    }
    const why = signal === undefined ? `exit code ${code}` : `signal ${signal}`;
    const { ending, status } = this.#record.state;
    const isFailure = signal !== undefined || code !== 0 || status === "starting";
    const reason = this.#record.error ??
      (status === "starting" && ending === null
        ? `the agent ended before it was ready: ${why}`
        : `the agent ended: ${why}`);
    const stderr = this.#stderr.trim();
    const details = isFailure && ending === null && stderr !== "" ? `${reason}: ${stderr}` : reason;
    this.noteEnd({ code, ...(signal === undefined ? {} : { signal }), reason: details });
    this.apply({ type: "exited", isFailure, wasTaken });
    this.#leaveProcess();
  }

  #takeLoss({ reason, wasTaken }: Incoming & { kind: "lost" }): void {
    this.#leaveProcess();
    if (!this.#hasProcess()) return;
    const isLost = this.#record.state.ending?.then !== "stopped";
    this.noteEnd({ reason });
    this.set({ isLost });
    this.apply({ type: "lost", wasTaken });
    if (isLost) this.#context.changes.after(() => this.#context.onLost(this));
  }

  #leaveProcess(): void {
    this.#context.changes.after(() => {
      this.#rejectRequests("the agent has ended");
      const channel = this.#channel;
      this.#channel = undefined;
      this.#partial = "";
      void channel?.close();
    });
  }

  #rejectRequests(reason: string): void {
    for (const { reject } of this.#requests.values()) reject(new SessionError("conflict", reason));
    this.#requests.clear();
  }

  // ---- Effects.

  #prepare(effect: SessionEffect): void {
    const { changes, store } = this.#context;
    switch (effect.type) {
      case "launch":
        this.beginProcess();
        return changes.after(() => this.#context.launch(this));
      case "send_prompt":
        return this.#sendPrompt(effect.id);
      case "send_interrupt":
        return this.sendLine(interruptLine(crypto.randomUUID()));
      case "close_stdin":
        return changes.after(() => this.#channel?.closeStdin());
      case "terminate":
        return changes.after(() => this.#channel?.terminate());
      case "kill":
        if (this.#record.state.status === "starting" && this.#record.state.ending === null) {
          this.set({ error: this.#record.error ?? "the agent did not get ready in 60 seconds" });
        }
        return changes.after(() => this.#context.killTree(this));
      case "open_terminal":
        return changes.after(() => this.#context.openTerminal(this));
      case "close_terminal":
        return changes.after(() => this.#context.closeTerminal(this));
      case "prompt_done":
        store.prompts.setStatus(effect.id, "done");
        return this.note("prompt", "done", { prompt_id: effect.id, state: "done" });
      case "prompt_returned":
        store.prompts.setStatus(effect.id, "queued");
        return this.note("prompt", "returned", { prompt_id: effect.id, state: "returned" });
      case "permission_cancelled":
        return this.#endPermission(effect.id, { state: "cancelled" });
    }
  }

  #sendPrompt(id: string): void {
    const { store } = this.#context;
    const row = store.prompts.get(id);
    if (row === undefined) throw new TypeError(`Cannot send prompt ${id}: it is not stored`);
    store.prompts.setStatus(id, "sent");
    this.note("prompt", "sent", { prompt_id: id, state: "sent" });
    this.sendLine(userLine({ uuid: id, content: JSON.parse(row.content) }));
  }

  #noteStatus(): void {
    const { status, mode } = this.#record.state;
    const { exit } = this.#record;
    const reason = isLive(this.#record.state) || exit === null ? {} : { reason: exit.reason };
    this.note("status", status, { status, mode, ...reason });
    this.#context.changes.after(() => this.#armDeadline());
  }

  #armDeadline(): void {
    const deadline = this.#isClosed ? undefined : deadlineOf(this.#record.state);
    if (this.#deadline?.key === deadline?.key) return;
    this.#deadline?.cancel();
    this.#deadline = deadline && {
      key: deadline.key,
      cancel: this.#context.clock.after(deadline.ms, () =>
        this.#insist(() => {
          if (this.#deadline?.key !== deadline.key) return;
          this.apply({ type: "deadline" });
          this.#context.changes.after(() => this.#rearmDeadline(deadline.key));
        })),
    };
  }

  /** A limit that passed starts anew where the state is still the same. */
  #rearmDeadline(passed: string): void {
    if (this.#deadline?.key === passed) this.#deadline = undefined;
    this.#armDeadline();
  }

  /** Stops an agent that has had nothing to do for as long as the settings say; a prompt starts it again. */
  #armIdle(): void {
    const { clock, settings: { idleStopMinutes } } = this.#context;
    const key = this.#isClosed || idleStopMinutes <= 0 ? undefined : this.#idleKey();
    if (this.#idle?.key === key) return;
    this.#idle?.cancel();
    this.#idle = key === undefined ? undefined : {
      key,
      cancel: clock.after(idleStopMinutes * 60_000, () =>
        this.#insist(() => {
          if (this.#idleKey() !== key) return;
          this.set({ error: `stopped after ${idleStopMinutes} idle ${idleStopMinutes === 1 ? "minute" : "minutes"}` });
          this.apply({ type: "stop" });
        })),
    };
  }

  /** Identifies a time without work; `undefined` while there is some. */
  #idleKey(): string | undefined {
    const { state: { status, ending }, attempts, turns } = this.#record;
    return status === "idle" && ending === null ? `${attempts} ${turns}` : undefined;
  }

  /** Makes a change that no caller waits for. */
  #insist(work: () => void): void {
    this.#context.changes.persist(work).catch((error) => {
      if (!this.#isClosed) this.#context.onError(error);
    });
  }

  #noteChanged(): void {
    this.#former = undefined;
    this.#armDeadline();
    this.#armIdle();
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }

  // ---- The store.

  #append(event: {
    readonly type: string;
    readonly subtype?: string | undefined;
    readonly uuid?: string | undefined;
    readonly payload: unknown;
    readonly json: string;
    readonly text?: string | undefined;
  }): void {
    const { store, clock, changes } = this.#context;
    const { type, subtype, uuid, payload, json, text } = event;
    const seq = this.#record.lastSeq + 1;
    const at = clock.now();
    const session = this.#record.id;
    const id = store.events.append({
      session,
      seq,
      at,
      type,
      payload: json,
      ...(subtype === undefined ? {} : { subtype }),
      ...(uuid === undefined ? {} : { uuid }),
      ...(text === undefined ? {} : { text }),
    });
    this.set({ lastSeq: seq, lastEvent: id });
    const shown: SessionEvent = {
      id,
      session,
      seq,
      at: iso(at),
      type,
      ...(subtype === undefined ? {} : { subtype }),
      payload,
    };
    changes.publish({ type: "event", event: shown });
  }

  /** Whether messages may come twice: from the output, and from the transcript. */
  #mayRepeat(): boolean {
    return this.#record.process?.hasGap === true || this.#record.terminal !== null;
  }

  #readUnfinished(): [Streams<LineSplitter>, Record<"stdout" | "stderr", number>] {
    const { stdout, stderr } = this.#context.store.unfinished.read(this.#record.id);
    return [
      { stdout: new LineSplitter({ rest: stdout }), stderr: new LineSplitter({ rest: stderr }) },
      { stdout: stdout.length, stderr: stderr.length },
    ];
  }
}

function sizeOf(one: Incoming): number {
  return one.kind === "frame" && one.frame.stream !== "exit" ? one.frame.data.length : 0;
}

/** How many of the first entries fit into a size; at least one. */
function countWithin(incoming: readonly Incoming[], bytes: number): number {
  let size = 0;
  const over = incoming.findIndex((one, i) => {
    size += sizeOf(one);
    return i > 0 && size > bytes;
  });
  return over < 0 ? incoming.length : over;
}

/** Fields that change with every event, and that others see in the events themselves. */
const QUIET_FIELDS: ReadonlySet<string> = new Set(["lastSeq", "lastEvent", "process", "updatedAt", "attempts"]);

/** A time in ISO 8601. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

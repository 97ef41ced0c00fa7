/**
 * One session: applies what happens to the state machine, stores the outcome, and does what the machine says.
 *
 * Everything that changes goes through {@linkcode Changes}: in the transaction the record, the events, the bytes for the
 * agent and the position in its output are stored together; after it, the bytes are written and the process is started.
 * A hub that is killed in between finds in the store what is left to do.
 *
 * @module
 */

import type { EventMessage } from "../agent/message.ts";
import { interruptLine, userLine } from "../agent/requests.ts";
import { contentText, searchText } from "../agent/search_text.ts";
import type { Frame, ProcessExit } from "../process/frame_codec.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { AgentChannel } from "./agent_channel.ts";
import { AgentReader, type AgentResponse } from "./agent_reader.ts";
import type { Changeable, Changes } from "./changes.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { OUTPUT_STREAMS, OutputLines } from "./output_lines.ts";
import { Questions } from "./questions.ts";
import { type AgentProcess, costOf, type SessionRecord, type Terminal, toRow } from "./record.ts";
import { SessionError } from "./session_error.ts";
import { SessionTimers } from "./session_timers.ts";
import { iso, toSession } from "./session_view.ts";
import type { SessionSettings } from "./settings.ts";
import { isLive, type SessionEffect, type SessionInput, step } from "./state.ts";
import type { AgentCommand, PromptContent, Session, SessionEvent } from "./types.ts";

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

type Incoming =
  & { readonly processId: string; readonly wasTaken: boolean }
  & (
    | { readonly kind: "frame"; readonly frame: Frame; readonly gap: number }
    | { readonly kind: "lost"; readonly reason: string }
  );

/** How much may wait to be stored before the agent is held up, in bytes. */
const MAX_INBOX_BYTES = 4 << 20;
/** How much is stored in one change, in bytes, so that followers and other sessions have their turn. */
const MAX_FLUSH_BYTES = 256 << 10;
const ENCODER = new TextEncoder();

/** See the module comment. */
export class SessionRunner implements Changeable {
  readonly #context: RunnerContext;
  #record: SessionRecord;
  #former: SessionRecord | undefined;
  readonly #questions: Questions;
  readonly #lines: OutputLines;
  #inbox: Incoming[] = [];
  #inboxBytes = 0;
  #drained: PromiseWithResolvers<void> | undefined;
  #channel: AgentChannel | undefined;
  readonly #reader: AgentReader;
  /** The process whose loss has been noticed. */
  #lost: string | undefined;
  readonly #timers: SessionTimers;
  #isClosed = false;
  #isVisiblyChanged = false;
  #changed = Promise.withResolvers<void>();
  /** What others see of a record without queued prompts: prompts may change without it. */
  #view: { readonly record: SessionRecord; readonly session: Session } | undefined;

  /** Creates the runner of a record that is stored. */
  constructor(record: SessionRecord, context: RunnerContext) {
    this.#record = record;
    this.#context = context;
    this.#questions = new Questions(this, context, record.id);
    this.#lines = new OutputLines(context.store, record.id);
    this.#timers = new SessionTimers(this, context);
    this.#reader = new AgentReader(this, { ...context, importTranscript: () => context.importTranscript(this) });
  }

  /** The session as it is stored. */
  get record(): SessionRecord {
    return this.#record;
  }

  /** What the answer in progress contains so far. */
  get partial(): string {
    return this.#reader.partial;
  }

  /** The slash commands that the agent knows; `undefined` if it has not told them to this program. */
  get commands(): readonly AgentCommand[] | undefined {
    return this.#reader.commands;
  }

  /** Whether there is output of the agent to store. */
  get hasOutput(): boolean {
    return this.#inbox.length > 0;
  }

  /** Whether the output of the agent is being read. */
  get isConnected(): boolean {
    return this.#channel !== undefined;
  }

  /** The session as others see it. */
  toSession(): Session {
    if (this.#view?.record === this.#record) return this.#view.session;
    const { store, settings } = this.#context;
    const queue = this.#record.state.queue.map((id) => store.prompts.get(id)).filter((row) => row !== undefined);
    const session = toSession(this.#record, settings.host, queue);
    if (this.#record.state.queue.length === 0) this.#view = { record: this.#record, session };
    return session;
  }

  /** What the agent may do, and what it asks. */
  get questions(): Questions {
    return this.#questions;
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
      this.#reader.remember();
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
    this.#lines.clear();
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
    this.#reader.begin();
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

  /** Stores the terminal. */
  setTerminal(terminal: Terminal | null): void {
    this.set({ terminal });
  }

  save(): void {
    const record = this.#record = { ...this.#record, updatedAt: this.#context.clock.now() };
    this.#context.store.sessions.update(toRow(record));
    const isVisible = this.#isVisiblyChanged;
    this.#isVisiblyChanged = false;
    if (isVisible) this.#context.changes.publish(() => ({ type: "session", session: this.toSession() }));
    this.#context.changes.after(() => this.#noteChanged());
  }

  undo(): void {
    if (this.#former !== undefined) this.#record = this.#former;
    this.#former = undefined;
    this.#reader.undo();
    this.#isVisiblyChanged = false;
    this.#questions.reloadRules();
    this.#lines.undo();
  }

  /** Stores the next part of what the agent has printed; called within a change. */
  flush(): void {
    const incoming = this.#inbox.slice(0, countWithin(this.#inbox, MAX_FLUSH_BYTES));
    for (const one of incoming) {
      if (one.processId !== this.#record.process?.id) continue;
      if (one.kind === "lost") this.#takeLoss(one);
      else this.#takeFrame(one);
    }
    this.#lines.save();
    this.#context.changes.after(() => {
      this.#reader.forgetRefused();
      this.#dropInbox(incoming.length);
    });
  }

  /**
   * Has the next flush store only that there was a line, after taking it has failed.
   *
   * @returns `false` if it was no line that failed.
   */
  refuseLine(error: unknown): boolean {
    return this.#reader.refuseLine(error);
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
  async request(make: (requestId: string) => string): Promise<AgentResponse> {
    if (!this.#hasProcess()) {
      throw new SessionError("conflict", `no agent of session "${this.#record.name}" can be asked`);
    }
    return await this.#reader.request(make);
  }

  /** Arms the time limits of a session that was loaded. */
  resumeTimers(): void {
    this.#timers.update();
    this.#questions.resumeTimers();
  }

  /** Lets go of the process, which runs on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timers.close();
    this.#questions.close();
    this.#drained?.resolve();
    this.#changed.resolve();
    await Promise.all([this.#channel?.close(), this.#reader.close()]);
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

  #takeFrame({ frame, gap, wasTaken }: Incoming & { kind: "frame" }): void {
    if (gap > 0) this.#noteGap(gap);
    this.setProcess({ seq: frame.seq });
    if (frame.stream === "exit") return this.#takeExit(frame.exit, wasTaken);
    for (const line of this.#lines.push(frame.stream, frame.data)) this.#reader.takeLine(frame.stream, line);
  }

  #noteGap(missing: number): void {
    this.#lines.dropUnfinished();
    this.setProcess({ hasGap: true });
    this.note("gap", undefined, { missing_frames: missing });
    this.#reader.askState();
  }

  // ---- Ends.

  #takeExit({ code, signal }: ProcessExit, wasTaken: boolean): void {
    for (const stream of OUTPUT_STREAMS) {
      const line = this.#lines.end(stream);
      if (line !== undefined) this.#reader.takeLine(stream, line);
    }
    const why = signal === undefined ? `exit code ${code}` : `signal ${signal}`;
    const { ending, status } = this.#record.state;
    const isFailure = signal !== undefined || code !== 0 || status === "starting";
    const reason = this.#record.error ??
      (status === "starting" && ending === null
        ? `the agent ended before it was ready: ${why}`
        : `the agent ended: ${why}`);
    const stderr = this.#reader.stderrEnd.trim();
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
      this.#reader.leave("the agent has ended");
      const channel = this.#channel;
      this.#channel = undefined;
      void channel?.close();
    });
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
        return this.#questions.end(effect.id, { state: "cancelled" });
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
    this.#context.changes.after(() => this.#timers.update());
  }

  /** Makes a change that no caller waits for. */
  insist(work: () => void): void {
    this.#context.changes.persist(work).catch((error) => {
      if (!this.#isClosed) this.#context.onError(error);
    });
  }

  #noteChanged(): void {
    this.#former = undefined;
    this.#timers.update();
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

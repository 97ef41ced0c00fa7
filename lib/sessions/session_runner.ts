/**
 * One session: applies what happens to the state machine, stores the outcome, and does what the machine says.
 *
 * Everything that changes goes through {@linkcode Changes}: in the transaction the record, the events, the bytes for the
 * agent and the position in its output are stored together; after it, the bytes are written and the process is started.
 * A hub that is killed in between finds in the store what is left to do.
 *
 * @module
 */

import type { EventMessage } from "../agent/message_types.ts";
import { interruptLine, userLine } from "../agent/requests.ts";
import { contentText } from "../agent/search_text.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { AgentReader } from "./agent_reader.ts";
import type { AgentResponse } from "./agent_requests.ts";
import type { Changeable, Changes } from "./changes.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { EventWriter } from "./event_writer.ts";
import { Questions } from "./questions.ts";
import { type AgentProcess, costOf, type SessionRecord, type Terminal, toRow } from "./record.ts";
import { SessionError } from "./session_error.ts";
import { SessionProcess } from "./session_process.ts";
import { SessionTimers } from "./session_timers.ts";
import { toSession } from "./session_view.ts";
import type { SessionSettings } from "./settings.ts";
import { isLive, type SessionEffect, type SessionInput } from "./state.ts";
import { step } from "./state_machine.ts";
import type { AgentCommand, PromptContent, Session } from "./types.ts";

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

const ENCODER = new TextEncoder();

/** See the module comment. */
export class SessionRunner implements Changeable {
  readonly #context: RunnerContext;
  #record: SessionRecord;
  #former: SessionRecord | undefined;
  readonly #questions: Questions;
  readonly #events: EventWriter;
  readonly #reader: AgentReader;
  readonly #process: SessionProcess;
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
    this.#events = new EventWriter(this, context);
    this.#timers = new SessionTimers(this, context);
    const importTranscript = () => context.importTranscript(this);
    this.#reader = new AgentReader(this, { ...context, importTranscript });
    this.#process = new SessionProcess(this, this.#reader, {
      ...context,
      importTranscript,
      killTree: () => context.killTree(this),
      wasTaken: (promptId) => context.wasTaken(this, promptId),
      onLost: () => context.onLost(this),
    });
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
    return this.#process.hasOutput;
  }

  /** Whether the output of the agent is being read. */
  get isConnected(): boolean {
    return this.#process.isConnected;
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
    this.#events.note(type, subtype, payload, text);
  }

  /** Stores an event that the agent or its transcript has; returns whether it is new. */
  noteMessage(message: EventMessage, line: string): boolean {
    return this.#events.noteMessage(message, line);
  }

  /** Stores a line for the agent's stdin, which is written after the change. */
  sendLine(line: string): void {
    const { process } = this.#record;
    if (process === null) return;
    const piece = { offset: process.stdinEnd, bytes: ENCODER.encode(line) };
    this.#context.store.stdin.append(process.id, this.#record.id, piece.offset, piece.bytes);
    this.setProcess({ stdinEnd: piece.offset + piece.bytes.length });
    this.#context.changes.after(() => this.#process.write(piece));
  }

  /** Begins another process: what was known of the former one is forgotten. */
  beginProcess(): void {
    const { store } = this.#context;
    const { id, attempts, process } = this.#record;
    if (process !== null) store.stdin.deleteOf(process.id);
    this.#process.forgetLines();
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
    this.#process.undo();
  }

  /** Stores the next part of what the agent has printed; called within a change. */
  flush(): void {
    this.#process.flush();
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
    if (this.#process.connect(applied)) this.#noteChanged();
  }

  /** Reports that the process is gone. */
  lose(reason: string): void {
    this.#process.lose(reason);
  }

  /** Sends a request to the agent and waits for the response. */
  async request(make: (requestId: string) => string): Promise<AgentResponse> {
    if (!this.#process.isThere) {
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
    const closing = this.#process.close();
    this.#changed.resolve();
    await Promise.all([closing, this.#reader.close()]);
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
        return changes.after(() => this.#process.closeStdin());
      case "terminate":
        return changes.after(() => this.#process.terminate());
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
}

/** Fields that change with every event, and that others see in the events themselves. */
const QUIET_FIELDS: ReadonlySet<string> = new Set(["lastSeq", "lastEvent", "process", "updatedAt", "attempts"]);

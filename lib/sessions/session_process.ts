/**
 * The process of a session's agent: takes what it prints, writes what it is told, and notes how it ends.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import type { Frame, ProcessExit } from "../process/frame_codec.ts";
import type { Store } from "../store/store.ts";
import { AgentChannel } from "./agent_channel.ts";
import { AgentInbox, type Incoming } from "./agent_inbox.ts";
import type { AgentReader } from "./agent_reader.ts";
import type { Changes } from "./changes.ts";
import { OUTPUT_STREAMS, OutputLines } from "./output_lines.ts";
import type { AgentProcess, SessionRecord } from "./record.ts";
import { isLive, type SessionInput } from "./state.ts";
import type { StdinPiece } from "./stdin_writer.ts";

/** The session that the process belongs to. */
export interface ProcessSession {
  /** The session as it is now. */
  readonly record: SessionRecord;
  /** Applies an input to the state machine. */
  apply(input: SessionInput): void;
  /** Changes fields of the record. */
  set(fields: Partial<SessionRecord>): void;
  /** Changes fields of the process. */
  setProcess(fields: Partial<AgentProcess>): void;
  /** Stores an event of the hub's own. */
  note(type: string, subtype: string | undefined, payload: Readonly<Record<string, unknown>>, text?: string): void;
  /** Stores why the agent is no longer there. */
  noteEnd(exit: { readonly code?: number; readonly signal?: string; readonly reason: string }): void;
}

/** What the process works with. */
export interface ProcessContext {
  /** The store. */
  readonly store: Store;
  /** The changes of all sessions. */
  readonly changes: Changes;
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** Has {@linkcode SessionProcess.flush} called soon. */
  readonly schedule: () => void;
  /** Kills the agent's process with all descendants. */
  readonly killTree: () => void;
  /** Whether the transcript has a prompt; called when the agent has ended. */
  readonly wasTaken: (promptId: string) => Promise<boolean>;
  /** Stores what only the transcript has; called when output was lost. */
  readonly importTranscript: () => Promise<void>;
  /** Called when the agent was lost and its end was not requested. */
  readonly onLost: () => void;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** How much is stored in one change, in bytes, so that followers and other sessions have their turn. */
const MAX_FLUSH_BYTES = 256 << 10;

/** See the module comment. */
export class SessionProcess {
  readonly #session: ProcessSession;
  readonly #reader: AgentReader;
  readonly #context: ProcessContext;
  readonly #lines: OutputLines;
  readonly #inbox = new AgentInbox();
  #channel: AgentChannel | undefined;
  /** The process whose loss has been noticed. */
  #lost: string | undefined;
  #isClosed = false;

  /**
   * Connects to no process yet.
   *
   * @param reader Understands what the agent prints.
   */
  constructor(session: ProcessSession, reader: AgentReader, context: ProcessContext) {
    this.#session = session;
    this.#reader = reader;
    this.#context = context;
    this.#lines = new OutputLines(context.store, session.record.id);
  }

  /** Whether there is output of the agent to store. */
  get hasOutput(): boolean {
    return !this.#inbox.isEmpty;
  }

  /** Whether the output of the agent is being read. */
  get isConnected(): boolean {
    return this.#channel !== undefined;
  }

  /** Whether an agent's process is there, or is believed to be. */
  get isThere(): boolean {
    const { state } = this.#session.record;
    return isLive(state) && state.mode === "subprocess" && state.ending?.step !== "open_terminal";
  }

  // ---- Called within a change.

  /** Stores the next part of what the agent has printed. */
  flush(): void {
    const incoming = this.#inbox.first(MAX_FLUSH_BYTES);
    for (const one of incoming) {
      if (one.processId !== this.#session.record.process?.id) continue;
      if (one.kind === "lost") this.#takeLoss(one);
      else this.#takeFrame(one);
    }
    this.#lines.save();
    this.#context.changes.after(() => {
      this.#reader.forgetRefused();
      this.#inbox.drop(incoming.length);
      if (!this.#inbox.isEmpty) this.#context.schedule();
    });
  }

  /** Forgets the unfinished lines of the process before. */
  forgetLines(): void {
    this.#lines.clear();
  }

  /** Brings back the unfinished lines as they are stored, after a change that failed. */
  undo(): void {
    this.#lines.undo();
  }

  // ---- Outside of changes.

  /**
   * Reads the process's output and writes its stdin from now on.
   *
   * @param applied How many bytes of stdin the daemon has.
   * @returns `false` if there is no process, or it is connected already.
   */
  connect(applied: number): boolean {
    const { process } = this.#session.record;
    const { store, line } = this.#context;
    if (process === null || this.#channel !== undefined || this.#isClosed) return false;
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
    const { ending } = this.#session.record.state;
    if (ending !== null && ending.step !== "interrupt") channel.closeStdin();
    if (ending?.step === "terminate") channel.terminate();
    if (ending?.step === "kill") this.#context.killTree();
    return true;
  }

  /** Writes to stdin; without a connection, the next one does. */
  write(piece: StdinPiece): void {
    this.#channel?.write(piece);
  }

  /** Closes stdin after everything that was written. */
  closeStdin(): void {
    this.#channel?.closeStdin();
  }

  /** Sends SIGTERM. */
  terminate(): void {
    this.#channel?.terminate();
  }

  /** Reports that the process is gone. */
  lose(reason: string): void {
    const { process } = this.#session.record;
    if (process !== null && this.isThere) void this.#receiveLoss(process.id, reason);
  }

  /** Lets go of the process, which runs on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#inbox.close();
    await this.#channel?.close();
  }

  // ---- Output.

  async #receive(processId: string, frame: Frame, gap: number): Promise<void> {
    const isExit = frame.stream === "exit";
    const wasTaken = isExit && await this.#readTranscript(gap > 0 || this.#session.record.process?.hasGap === true);
    if (this.#isClosed || this.#session.record.process?.id !== processId) return;
    this.#inbox.push({ kind: "frame", processId, frame, gap, wasTaken });
    this.#context.schedule();
    if (this.#inbox.isFull) await this.#inbox.whenEmpty();
  }

  async #receiveLoss(processId: string, reason: string): Promise<void> {
    if (this.#lost === processId) return;
    this.#lost = processId;
    const wasTaken = await this.#readTranscript(true);
    if (this.#isClosed || this.#session.record.process?.id !== processId) return;
    this.#inbox.push({ kind: "lost", processId, reason, wasTaken });
    this.#context.schedule();
  }

  /** Looks into the transcript when the agent has ended; returns whether the prompt in flight is in it. */
  async #readTranscript(isImported: boolean): Promise<boolean> {
    await this.#inbox.whenEmpty();
    try {
      if (isImported) await this.#context.importTranscript();
      return await this.#wasTaken();
    } catch (error) {
      // The end is to be noted all the same; the next start looks again.
      if (!this.#isClosed) this.#context.onError(error);
      return false;
    }
  }

  async #wasTaken(): Promise<boolean> {
    const { current } = this.#session.record.state;
    return current !== null && await this.#context.wasTaken(current);
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

  #takeFrame({ frame, gap, wasTaken }: Incoming & { kind: "frame" }): void {
    if (gap > 0) this.#noteGap(gap);
    this.#session.setProcess({ seq: frame.seq });
    if (frame.stream === "exit") return this.#takeExit(frame.exit, wasTaken);
    for (const line of this.#lines.push(frame.stream, frame.data)) this.#reader.takeLine(frame.stream, line);
  }

  #noteGap(missing: number): void {
    this.#lines.dropUnfinished();
    this.#session.setProcess({ hasGap: true });
    this.#session.note("gap", undefined, { missing_frames: missing });
    this.#reader.askState();
  }

  // ---- Ends.

  #takeExit({ code, signal }: ProcessExit, wasTaken: boolean): void {
    for (const stream of OUTPUT_STREAMS) {
      const line = this.#lines.end(stream);
      if (line !== undefined) this.#reader.takeLine(stream, line);
    }
    const why = signal === undefined ? `exit code ${code}` : `signal ${signal}`;
    const { state: { ending, status }, error } = this.#session.record;
    const isFailure = signal !== undefined || code !== 0 || status === "starting";
    const reason = error ??
      (status === "starting" && ending === null
        ? `the agent ended before it was ready: ${why}`
        : `the agent ended: ${why}`);
    const stderr = this.#reader.stderrEnd.trim();
    const details = isFailure && ending === null && stderr !== "" ? `${reason}: ${stderr}` : reason;
    this.#session.noteEnd({ code, ...(signal === undefined ? {} : { signal }), reason: details });
    this.#session.apply({ type: "exited", isFailure, wasTaken });
    this.#leave();
  }

  #takeLoss({ reason, wasTaken }: Incoming & { kind: "lost" }): void {
    this.#leave();
    if (!this.isThere) return;
    const isLost = this.#session.record.state.ending?.then !== "stopped";
    this.#session.noteEnd({ reason });
    this.#session.set({ isLost });
    this.#session.apply({ type: "lost", wasTaken });
    if (isLost) this.#context.changes.after(() => this.#context.onLost());
  }

  #leave(): void {
    this.#context.changes.after(() => {
      this.#reader.leave("the agent has ended");
      const channel = this.#channel;
      this.#channel = undefined;
      void channel?.close();
    });
  }
}

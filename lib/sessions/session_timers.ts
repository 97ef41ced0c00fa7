/**
 * The time limits of a session's states.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import { counted } from "../system/counted.ts";
import type { SessionRecord } from "./record.ts";
import type { SessionSettings } from "./settings.ts";
import { deadlineOf, type SessionInput } from "./state.ts";

/** The session that is limited. */
export interface TimedSession {
  /** The session as it is now. */
  readonly record: SessionRecord;
  /** Applies an input to the state machine. */
  apply(input: SessionInput): void;
  /** Changes fields of the record. */
  set(fields: Partial<SessionRecord>): void;
  /** Makes a change that no caller waits for. */
  insist(work: () => void): void;
}

/** What the limits depend on. */
export interface TimersContext {
  /** The settings. */
  readonly settings: SessionSettings;
  /** The source of time. */
  readonly clock: Clock;
  /** The changes of all sessions. */
  readonly changes: { after(work: () => void): void };
}

/** A limit that is running. */
interface RunningLimit {
  /** Identifies what is waited for. */
  readonly key: string;
  readonly cancel: () => void;
}

/** See the module comment. */
export class SessionTimers {
  readonly #session: TimedSession;
  readonly #context: TimersContext;
  #deadline: RunningLimit | undefined;
  #idle: RunningLimit | undefined;
  #isClosed = false;

  /** Creates the timers; none is running. */
  constructor(session: TimedSession, context: TimersContext) {
    this.#session = session;
    this.#context = context;
  }

  /** Starts and ends limits as the state of the session demands. */
  update(): void {
    this.#updateDeadline();
    this.#updateIdle();
  }

  /** Ends all limits. */
  close(): void {
    this.#isClosed = true;
    this.#deadline?.cancel();
    this.#idle?.cancel();
  }

  #updateDeadline(): void {
    const { clock } = this.#context;
    const deadline = this.#isClosed ? undefined : deadlineOf(this.#session.record.state);
    if (this.#deadline?.key === deadline?.key) return;
    this.#deadline?.cancel();
    if (deadline === undefined) {
      this.#deadline = undefined;
      return;
    }
    const { key, ms } = deadline;
    const pass = () => this.#session.insist(() => this.#passDeadline(key));
    this.#deadline = { key, cancel: clock.after(ms, pass) };
  }

  #passDeadline(key: string): void {
    if (this.#deadline?.key !== key) return;
    this.#session.apply({ type: "deadline" });
    this.#context.changes.after(() => {
      // A limit that passed starts anew if the state is still the same.
      if (this.#deadline?.key === key) this.#deadline = undefined;
      this.#updateDeadline();
    });
  }

  /** Stops an agent that has been idle for as long as the settings say; a prompt starts it again. */
  #updateIdle(): void {
    const { clock, settings: { idleStopMinutes } } = this.#context;
    const key = this.#isClosed || idleStopMinutes <= 0 ? undefined : this.#idleKey();
    if (this.#idle?.key === key) return;
    this.#idle?.cancel();
    if (key === undefined) {
      this.#idle = undefined;
      return;
    }
    const pass = () => this.#session.insist(() => this.#stopIdle(key));
    this.#idle = { key, cancel: clock.after(idleStopMinutes * 60_000, pass) };
  }

  #stopIdle(key: string): void {
    if (this.#idleKey() !== key) return;
    const minutes = this.#context.settings.idleStopMinutes;
    this.#session.set({ error: `stopped after ${counted(minutes, "idle minute")}` });
    this.#session.apply({ type: "stop" });
  }

  /** Identifies a time without work; `undefined` while there is some. */
  #idleKey(): string | undefined {
    const { state: { status, ending }, attempts, turns } = this.#session.record;
    return status === "idle" && ending === null ? `${attempts} ${turns}` : undefined;
  }
}

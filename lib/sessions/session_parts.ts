/**
 * The parts that keep sessions, and how they work together.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { DaemonLine } from "../client/daemon_line.ts";
import type { Store } from "../store/store.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { PendingWork } from "../system/pending_work.ts";
import { Changes } from "./changes.ts";
import { ConversationGuard } from "./conversation_guard.ts";
import { FileLists } from "./file_list.ts";
import { Flusher } from "./flusher.ts";
import { LaunchPreparation } from "./launch_preparation.ts";
import { Launcher } from "./launcher.ts";
import { LiveListeners } from "./live_listeners.ts";
import { Permissions } from "./permissions.ts";
import { PromptQueue } from "./prompt_queue.ts";
import type { SessionRecord } from "./record.ts";
import { Recovery } from "./recovery.ts";
import { Retention } from "./retention.ts";
import { SessionError } from "./session_error.ts";
import { SessionList } from "./session_list.ts";
import { SessionRunner } from "./session_runner.ts";
import { SessionStarts } from "./session_starts.ts";
import type { SessionSettings } from "./settings.ts";
import { StartChecks } from "./start_checks.ts";
import { storeOutput } from "./store_output.ts";
import { StoredEvents } from "./stored_events.ts";
import { TerminalAccess } from "./terminal_access.ts";
import { TerminalStreams } from "./terminal_streams.ts";
import { Terminals } from "./terminals.ts";

/** What the parts work with. */
export interface SessionPartsOptions {
  /** The store. */
  readonly store: Store;
  /** Called at the very end, when nothing uses the store any more. */
  readonly onClosed?: () => void;
  /** Connects to the daemon once. The client should give up after about three seconds. */
  readonly connect: (signal: AbortSignal) => Promise<Client>;
  /** The settings. */
  readonly settings: SessionSettings;
  /** Called when something fails that no caller waits for. */
  readonly onError: (error: unknown) => void;
  /** The source of time. */
  readonly clock?: Clock;
}

/** See the module comment. */
export class SessionParts implements AsyncDisposable {
  /** The sessions. */
  readonly sessions = new SessionList();
  /** Those who listen to what happens. */
  readonly listeners: LiveListeners;
  /** The changes of all sessions. */
  readonly changes: Changes;
  /** The files of their directories. */
  readonly fileLists: FileLists;
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** Their terminals, as people use them. */
  readonly access: TerminalAccess;
  /** Removes sessions and old events. */
  readonly retention: Retention;
  /** Their events. */
  readonly events: StoredEvents;
  /** Their prompts. */
  readonly prompts: PromptQueue;
  /** What their agents ask for, and their rules. */
  readonly permissions: Permissions;
  /** What is checked before an agent starts. */
  readonly checks: StartChecks;
  /** Starts, resumes and forks sessions. */
  readonly starts: SessionStarts;
  readonly #store: Store;
  readonly #settings: SessionSettings;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #onClosed: () => void;
  readonly #flusher: Flusher;
  readonly #launcher: Launcher;
  readonly #terminals: Terminals;
  readonly #streams: TerminalStreams;
  readonly #preparation: LaunchPreparation;
  readonly #recovery: Recovery;
  readonly #work: PendingWork;
  #isClosed = false;

  /** Loads the sessions and connects to the daemon from now on. */
  constructor(options: SessionPartsOptions) {
    const { store, connect, settings, onClosed = () => {}, clock = systemClock } = options;
    // What is given up because the sessions are closed is no failure.
    const onError = (error: unknown) =>
      this.#isClosed && error instanceof ClaustrumError ? undefined : options.onError(error);
    this.#store = store;
    this.#settings = settings;
    this.#clock = clock;
    this.#onError = onError;
    this.#onClosed = onClosed;
    this.listeners = new LiveListeners(onError);
    this.changes = new Changes({
      store,
      clock,
      onError,
      isHeard: () => this.listeners.isHeard,
      publish: (message) => this.listeners.publish(message),
    });
    this.fileLists = new FileLists(clock);
    const onErrorWhileOpen = (error: unknown) => this.#isClosed ? undefined : onError(error);
    this.#work = new PendingWork(onErrorWhileOpen);
    this.#flusher = new Flusher(() => storeOutput(this.sessions.all(), this.changes, onErrorWhileOpen), clock);
    this.line = new DaemonLine({
      connect,
      clock,
      onUp: (client) => this.#work.add(this.#recovery.recover(client)),
      onGone: () => this.#recovery.loseAll(),
      unreachable: (message) => new SessionError("unavailable", message),
      onError,
    });
    const guard = new ConversationGuard({ settings, line: this.line, clock });
    this.#preparation = new LaunchPreparation({ store, settings, changes: this.changes, guard });
    this.#launcher = new Launcher({
      line: this.line,
      settings,
      changes: this.changes,
      beforeLaunch: (runner) => this.#preparation.prepare(runner),
      onError,
    });
    this.#terminals = new Terminals({
      line: this.line,
      settings,
      changes: this.changes,
      clock,
      launcher: this.#launcher,
      importTranscript: (runner) => this.#preparation.importTranscript(runner),
      isTaken: (conversation, { record: { id } }) =>
        this.sessions.live().some((record) => record.id !== id && record.claudeSessionId === conversation),
      onEnd: (runner) => this.#work.add(this.#streams.end(runner)),
      onError,
    });
    this.#streams = new TerminalStreams({
      line: this.line,
      settings,
      clock,
      findPlace: (runner) => this.#terminals.findPlace(runner),
    });
    this.retention = new Retention({
      store,
      settings,
      changes: this.changes,
      clock,
      live: () => this.sessions.live().map(({ id }) => id),
      track: (work) => this.#work.add(work),
    });
    this.events = new StoredEvents(store, clock, (session) => this.retention.isRemoving(session));
    const parts = { store, changes: this.changes, sessions: this.sessions };
    this.prompts = new PromptQueue(parts);
    this.permissions = new Permissions(parts);
    const track = (work: Promise<void>) => this.#work.add(work);
    const { sessions, line, changes } = this;
    const [terminals, streams, prompts] = [this.#terminals, this.#streams, this.prompts];
    const checks = this.checks = new StartChecks({ sessions, settings, line, guard, clock, track });
    this.access = new TerminalAccess({ settings, changes, sessions, terminals, streams });
    const add = (record: SessionRecord) => this.#add(record);
    this.starts = new SessionStarts({ store, settings, line, changes, sessions, checks, prompts, add });
    this.#recovery = new Recovery({
      sessions,
      settings,
      line,
      changes,
      launcher: this.#launcher,
      terminals,
      streams,
      checks,
      track,
      onError: onErrorWhileOpen,
    });
    for (const row of store.sessions.all()) {
      if (!this.retention.goOn(row)) this.#add(JSON.parse(row.data) as SessionRecord);
    }
    for (const runner of this.sessions.all()) {
      runner.resumeTimers();
      if (runner.record.isLost === true) this.#recovery.resumeLost(runner);
    }
  }

  /** Lets go of all agents, which run on, and stores what they have printed so far. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#flusher.close();
    this.retention.close();
    this.events[Symbol.dispose]();
    this.changes.close();
    const runners = this.sessions.all();
    const closing = runners.map((runner) => runner.close());
    await this.#streams[Symbol.asyncDispose]();
    this.#terminals.close();
    await this.line[Symbol.asyncDispose]();
    await Promise.all([...closing, this.#work.finished()]);
    this.listeners.clear();
    this.#onClosed();
  }

  #add(record: SessionRecord): SessionRunner {
    const runner = new SessionRunner(record, {
      store: this.#store,
      changes: this.changes,
      line: this.line,
      settings: this.#settings,
      clock: this.#clock,
      schedule: () => this.#flusher.schedule(),
      launch: (one) => this.#work.add(this.#launcher.launch(one)),
      killTree: (one) => this.#work.add(this.#launcher.kill(one)),
      openTerminal: (one) => this.#work.add(this.#terminals.open(one)),
      closeTerminal: (one) => this.#work.add(this.#terminals.end(one)),
      wasTaken: (one, promptId) => this.#preparation.hasPrompt(one.record, promptId),
      importTranscript: (one) => this.#preparation.importTranscript(one),
      onLost: (one) => this.#recovery.resumeLost(one),
      onError: this.#onError,
    });
    this.sessions.add(runner);
    return runner;
  }
}

/**
 * Keeps sessions, and does what people ask of them.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import { readCommandNames } from "./agent_commands.ts";
import type { Changes } from "./changes.ts";
import { configureSession } from "./configure_session.ts";
import type { FileLists } from "./file_list.ts";
import type { LiveListeners } from "./live_listeners.ts";
import type { Permissions } from "./permissions.ts";
import { checkPrompt, type PromptQueue } from "./prompt_queue.ts";
import { toRow } from "./record.ts";
import { LOST } from "./recovery.ts";
import type { Retention } from "./retention.ts";
import { SessionError } from "./session_error.ts";
import type { SessionFilter, SessionList } from "./session_list.ts";
import { SessionParts, type SessionPartsOptions } from "./session_parts.ts";
import type { SessionStarts } from "./session_starts.ts";
import type {
  EventQuery,
  FoundSessionEvent,
  SessionOrigin,
  Sessions,
  TerminalOptions,
  TerminalStream,
} from "./sessions.ts";
import type { StartChecks } from "./start_checks.ts";
import { isLive } from "./state.ts";
import { MAX_EVENTS, type StoredEvents } from "./stored_events.ts";
import type { TerminalAccess } from "./terminal_access.ts";
import type {
  AgentCommand,
  LiveMessage,
  PendingPermission,
  PermissionAnswer,
  PromptContent,
  ResumeOptions,
  SendResult,
  Session,
  SessionChanges,
  SessionEvent,
  SessionRule,
  StartParams,
} from "./types.ts";

/** How many of the newest events of the agent itself are looked through for one. */
const LATEST_SYSTEM_EVENTS = 50;

/** See the module comment. */
export class SessionManager implements Sessions {
  readonly #parts: SessionParts;
  readonly #sessions: SessionList;
  readonly #listeners: LiveListeners;
  readonly #changes: Changes;
  readonly #fileLists: FileLists;
  readonly #line: DaemonLine;
  readonly #access: TerminalAccess;
  readonly #retention: Retention;
  readonly #events: StoredEvents;
  readonly #prompts: PromptQueue;
  readonly #permissions: Permissions;
  readonly #checks: StartChecks;
  readonly #starts: SessionStarts;

  /** Loads the sessions and connects to the daemon from now on. */
  constructor(options: SessionPartsOptions) {
    const parts = this.#parts = new SessionParts(options);
    this.#sessions = parts.sessions;
    this.#listeners = parts.listeners;
    this.#changes = parts.changes;
    this.#fileLists = parts.fileLists;
    this.#line = parts.line;
    this.#access = parts.access;
    this.#retention = parts.retention;
    this.#events = parts.events;
    this.#prompts = parts.prompts;
    this.#permissions = parts.permissions;
    this.#checks = parts.checks;
    this.#starts = parts.starts;
  }

  get lastEvent(): number {
    return this.#events.lastId;
  }

  get isDaemonUp(): boolean {
    return this.#line.isUp;
  }

  listen(listener: (message: LiveMessage) => void): Disposable {
    return this.#listeners.add(listener);
  }

  partial(): Readonly<Record<string, string>> {
    const started = this.#sessions.all().filter(({ partial }) => partial !== "");
    return Object.fromEntries(started.map(({ record, partial }) => [record.id, partial]));
  }

  list(filter: SessionFilter = {}): Session[] {
    return this.#sessions.select(filter).map((runner) => runner.toSession());
  }

  get(reference: string): Session {
    return this.#sessions.find(reference).toSession();
  }

  origin(reference: string): SessionOrigin {
    const { path, base = null, worktree } = this.#sessions.find(reference).record;
    return { path, base, ...(worktree === undefined ? {} : { worktree }) };
  }

  events(reference: string, { limit = MAX_EVENTS, offset, after, before, types }: EventQuery = {}): SessionEvent[] {
    const { id } = this.#sessions.find(reference).record;
    return this.#events.page({ session: id, limit, offset, after, before, types });
  }

  eventsAfter(
    after: number,
    { limit, sessions }: { readonly limit: number; readonly sessions?: readonly string[] | undefined },
  ): SessionEvent[] {
    return this.#events.page({ after, limit, sessions });
  }

  event(id: number): SessionEvent {
    return this.#events.event(id);
  }

  search(query: string, limit?: number): FoundSessionEvent[] {
    return this.#events.search(query, limit);
  }

  async searchBest(query: string, limit?: number): Promise<FoundSessionEvent[]> {
    return await this.#events.searchBest(query, limit);
  }

  async start(params: StartParams): Promise<Session> {
    return await this.#starts.start(params);
  }

  async send(
    reference: string,
    prompt: PromptContent,
    { startIfStopped = false }: { readonly startIfStopped?: boolean | undefined } = {},
  ): Promise<SendResult> {
    const runner = this.#sessions.find(reference);
    checkPrompt(prompt);
    if (startIfStopped) await runner.until(({ state }) => state.ending?.then !== "stopped");
    if (!isLive(runner.record.state)) {
      if (!startIfStopped) {
        throw new SessionError(
          "conflict",
          `session "${runner.record.name}" is stopped: resume it, or send start_if_stopped`,
        );
      }
      await this.#checks.checkResume(runner);
      if (!isLive(runner.record.state)) this.#checks.checkFree(runner);
    }
    let id = "";
    this.#changes.run(() => {
      id = this.#prompts.add(runner, prompt);
      if (!isLive(runner.record.state)) runner.apply({ type: "start" });
    });
    const index = runner.record.state.queue.indexOf(id);
    return index < 0
      ? { prompt_status: "sent", prompt_id: id }
      : { prompt_status: "queued", prompt_id: id, position: index + 1 };
  }

  editPrompt(reference: string, promptId: string, prompt: PromptContent): void {
    this.#prompts.edit(reference, promptId, prompt);
  }

  removePrompt(reference: string, promptId: string): void {
    this.#prompts.remove(reference, promptId);
  }

  movePrompt(reference: string, promptId: string, position: number): void {
    this.#prompts.move(reference, promptId, position);
  }

  interrupt(reference: string): Promise<void> {
    const runner = this.#sessions.find(reference);
    this.#changes.run(() => runner.apply({ type: "interrupt" }));
    return Promise.resolve();
  }

  async configure(reference: string, changes: SessionChanges): Promise<Session> {
    const runner = this.#sessions.find(reference);
    const parts = { sessions: this.#sessions, changes: this.#changes, checks: this.#checks };
    await configureSession(runner, changes, parts);
    return runner.toSession();
  }

  async whenIdle(reference: string): Promise<Session> {
    const runner = this.#sessions.find(reference);
    await runner.until(({ state }) => state.status === "idle" || !isLive(state));
    return runner.toSession();
  }

  async stop(reference: string): Promise<Session> {
    return await this.#end(reference, "stop");
  }

  async kill(reference: string): Promise<Session> {
    return await this.#end(reference, "kill");
  }

  async resume(reference: string, options: ResumeOptions = {}): Promise<Session> {
    return await this.#starts.resume(reference, options);
  }

  async fork(reference: string, options: { readonly name?: string | undefined } = {}): Promise<Session> {
    return await this.#starts.fork(reference, options);
  }

  remove(reference: string): void {
    const runner = this.#sessions.find(reference);
    const { record } = runner;
    if (isLive(record.state)) {
      throw new SessionError("conflict", `session "${record.name}" is running: stop it first`);
    }
    this.#changes.run(() => {
      this.#changes.after(() => this.#sessions.delete(record.id));
      this.#retention.remove(toRow(record), () => runner.close());
      this.#changes.publish({ type: "removed", session: record.id });
    });
  }

  async attach(
    reference: string,
    { interrupt = false }: { readonly interrupt?: boolean | undefined } = {},
  ): Promise<{ tmux_session: string; tmux_socket: string }> {
    return await this.#access.attach(reference, { interrupt });
  }

  async openTerminal(reference: string, options: TerminalOptions): Promise<TerminalStream> {
    return await this.#access.open(reference, options);
  }

  async detach(reference: string): Promise<Session> {
    return await this.#access.detach(reference);
  }

  commands(reference: string): AgentCommand[] {
    const runner = this.#sessions.find(reference);
    if (runner.commands !== undefined) return [...runner.commands];
    // The agent told them to a program that has ended; what it says with each turn has their names.
    const page = { session: runner.record.id, before: Number.MAX_SAFE_INTEGER, limit: LATEST_SYSTEM_EVENTS };
    const events = this.#events.page({ ...page, types: ["system"] });
    return readCommandNames(events.findLast(({ subtype }) => subtype === "init")?.payload);
  }

  async files(reference: string, query: string, limit: number): Promise<string[]> {
    const { path } = this.#sessions.find(reference).record;
    return await this.#fileLists.find(await this.#line.soon(), path, query, limit);
  }

  rules(reference: string): SessionRule[] {
    return this.#permissions.rules(reference);
  }

  removeRule(reference: string, ruleId: string): void {
    this.#permissions.removeRule(reference, ruleId);
  }

  permissions(): PendingPermission[] {
    return this.#permissions.pending();
  }

  answer(permissionId: string, answer: PermissionAnswer, by: string): void {
    this.#permissions.answer(permissionId, answer, by);
  }

  /** Lets go of all agents, which run on, and stores what they have printed so far. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
  }

  async #end(reference: string, how: "stop" | "kill"): Promise<Session> {
    const runner = this.#sessions.find(reference);
    // Only tmux keeps a session without its daemon, and only the daemon can reach tmux.
    if (runner.record.state.mode === "interactive") this.#checks.checkDaemon();
    this.#changes.run(() => runner.apply({ type: how }));
    if (this.#line.isGone) runner.lose(LOST);
    await runner.until(({ state }) => !isLive(state));
    return runner.toSession();
  }
}

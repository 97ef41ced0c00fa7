/**
 * Keeps sessions: starts them, finds them again after a restart, and does what people ask of them.
 *
 * @module
 */

import { AgentArgumentError, checkClaudeArgs, splitWords } from "../agent/arguments.ts";
import { setModeLine, setModelLine } from "../agent/requests.ts";
import { contentText } from "../agent/search_text.ts";
import { isTrusted, keepTrusted, trust, TrustError } from "../claude_home/trust.ts";
import { findTranscript, hasUserRecord } from "../claude_home/transcript.ts";
import type { Client } from "../client/connect.ts";
import type { ProcessListEntry } from "../rpc/method_types.ts";
import type { EventRow, FoundEvent } from "../store/events.ts";
import { RankedSearch, RankedSearchError } from "../store/ranked_search.ts";
import type { Store } from "../store/store.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { Changes, mayPass } from "./changes.ts";
import { ConversationGuard } from "./conversation_guard.ts";
import { DaemonLine } from "../client/daemon_line.ts";
import { readCommandNames } from "./agent_commands.ts";
import { FileLists } from "./file_list.ts";
import { Flusher } from "./flusher.ts";
import { Launcher } from "./launcher.ts";
import { newRecord, type RecordedWorktree, type SessionRecord, toRow } from "./record.ts";
import { checkName, nameAfter, resolveReference } from "./references.ts";
import { Retention } from "./retention.ts";
import { SessionError } from "./session_error.ts";
import type { PermissionData } from "./questions.ts";
import { SessionRunner } from "./session_runner.ts";
import { iso } from "./session_view.ts";
import type {
  EventQuery,
  FoundSessionEvent,
  SessionOrigin,
  Sessions,
  TerminalOptions,
  TerminalStream,
} from "./sessions.ts";
import type { SessionSettings } from "./settings.ts";
import { commitAt, makeWorktree, unmakeWorktree } from "./start_place.ts";
import { isLive } from "./state.ts";
import { TerminalStreams } from "./terminal_streams.ts";
import { Terminals } from "./terminals.ts";
import { importTranscript } from "./transcript_import.ts";
import type {
  AgentCommand,
  LiveMessage,
  PendingPermission,
  PermissionAnswer,
  PermissionPolicy,
  PromptContent,
  SendResult,
  Session,
  SessionChanges,
  SessionEvent,
  SessionRule,
  StartParams,
} from "./types.ts";

/** What a keeper of sessions works with. */
export interface SessionManagerOptions {
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

/** Why a session ended whose process is gone. */
const LOST = "the agent was lost with the daemon";
/** Why a session ended whose process is gone since its end was not seen. */
const FORGOTTEN = "the agent was lost with the daemon, or ended so long ago that the daemon has forgotten it";
/** How long to wait before sessions are looked for again, in milliseconds. */
const RECOVER_MS = 1_000;
/** The permission mode that asks for nothing. */
const BYPASS = "bypassPermissions";
const MODES: ReadonlySet<string> = new Set(["default", "acceptEdits", "plan", "dontAsk", "auto", BYPASS]);
const DEFAULT_MODE = "default";
/** How many of the newest events of the agent itself are looked through for one. */
const LATEST_SYSTEM_EVENTS = 50;
const MAX_EVENTS = 500;
/** How many events a search finds by default. */
const DEFAULT_FOUND = 50;
/** The longest prompt, in bytes of JSON. */
const MAX_PROMPT_BYTES = 8 << 20;

/** See the module comment. */
export class SessionManager implements Sessions {
  readonly #store: Store;
  readonly #settings: SessionSettings;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #onClosed: () => void;
  readonly #runners = new Map<string, SessionRunner>();
  readonly #listeners = new Set<(message: LiveMessage) => void>();
  readonly #changes: Changes;
  readonly #flusher: Flusher;
  readonly #fileLists: FileLists;
  readonly #line: DaemonLine;
  readonly #launcher: Launcher;
  readonly #terminals: Terminals;
  readonly #streams: TerminalStreams;
  readonly #guard: ConversationGuard;
  readonly #retention: Retention;
  readonly #ranked: RankedSearch;
  readonly #work = new Set<Promise<void>>();
  /** Whether all processes were found, or known to be lost, since the sessions were loaded. */
  #wasUp = false;
  #isClosed = false;

  /** Loads the sessions and connects to the daemon from now on. */
  constructor(options: SessionManagerOptions) {
    const { store, connect, settings, onClosed = () => {}, clock = systemClock } = options;
    // What is given up because the sessions are closed is no failure.
    const onError = (error: unknown) =>
      this.#isClosed && error instanceof ClaustrumError ? undefined : options.onError(error);
    this.#store = store;
    this.#settings = settings;
    this.#clock = clock;
    this.#onError = onError;
    this.#onClosed = onClosed;
    this.#changes = new Changes({
      store,
      clock,
      onError,
      isHeard: () => this.#listeners.size > 0,
      publish: (message) => this.#publish(message),
    });
    this.#fileLists = new FileLists(clock);
    this.#flusher = new Flusher(() => this.#flush(), clock);
    this.#line = new DaemonLine({
      connect,
      clock,
      onUp: (client) => this.#track(this.#recover(client)),
      onGone: () => this.#loseAll(),
      unreachable: (message) => new SessionError("unavailable", message),
      onError,
    });
    this.#guard = new ConversationGuard({ settings, line: this.#line, clock });
    this.#launcher = new Launcher({
      line: this.#line,
      settings,
      changes: this.#changes,
      beforeLaunch: (runner) => this.#prepareLaunch(runner),
      onError,
    });
    this.#terminals = new Terminals({
      line: this.#line,
      settings,
      changes: this.#changes,
      clock,
      launcher: this.#launcher,
      importTranscript: (runner) => this.#importTranscript(runner),
      isTaken: (conversation, { record: { id } }) =>
        this.#live().some((record) => record.id !== id && record.claudeSessionId === conversation),
      onEnd: (runner) => this.#track(this.#streams.end(runner)),
      onError,
    });
    this.#streams = new TerminalStreams({
      line: this.#line,
      settings,
      clock,
      findPlace: (runner) => this.#terminals.findPlace(runner),
    });
    this.#ranked = new RankedSearch(store, clock);
    this.#retention = new Retention({
      store,
      settings,
      changes: this.#changes,
      clock,
      live: () => this.#live().map(({ id }) => id),
      track: (work) => this.#track(work),
    });
    for (const row of store.sessions.all()) {
      if (!this.#retention.goOn(row)) this.#add(JSON.parse(row.data) as SessionRecord);
    }
    for (const runner of this.#runners.values()) {
      runner.resumeTimers();
      if (runner.record.isLost === true) this.#resumeLost(runner);
    }
  }

  get lastEvent(): number {
    return this.#store.events.lastId;
  }

  get isDaemonUp(): boolean {
    return this.#line.isUp;
  }

  listen(listener: (message: LiveMessage) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  partial(): Readonly<Record<string, string>> {
    const started = [...this.#runners.values()].filter(({ partial }) => partial !== "");
    return Object.fromEntries(started.map(({ record, partial }) => [record.id, partial]));
  }

  list(
    filter: {
      readonly active?: boolean | undefined;
      readonly path?: string | undefined;
      readonly query?: string | undefined;
    } = {},
  ): Session[] {
    const { active, path, query } = filter;
    const words = query?.toLowerCase();
    const records = [...this.#runners.values()].filter(({ record }) =>
      (active === undefined || isLive(record.state) === active) &&
      (path === undefined || record.path === path) &&
      (words === undefined || `${record.name} ${record.path}`.toLowerCase().includes(words))
    );
    return records.reverse().map((runner) => runner.toSession());
  }

  get(reference: string): Session {
    return this.#find(reference).toSession();
  }

  origin(reference: string): SessionOrigin {
    const { path, base = null, worktree } = this.#find(reference).record;
    return { path, base, ...(worktree === undefined ? {} : { worktree }) };
  }

  events(reference: string, { limit = MAX_EVENTS, offset, after, before, types }: EventQuery = {}): SessionEvent[] {
    const { id } = this.#find(reference).record;
    return this.#page({ session: id, limit, offset, after, before, types });
  }

  eventsAfter(
    after: number,
    { limit, sessions }: { readonly limit: number; readonly sessions?: readonly string[] | undefined },
  ): SessionEvent[] {
    return this.#page({ after, limit, sessions });
  }

  event(id: number): SessionEvent {
    const row = this.#store.events.get(id);
    if (row === undefined || this.#retention.isRemoving(row.session)) {
      throw new SessionError("unknown", `there is no event ${id}`);
    }
    return toEvent(row);
  }

  search(query: string, limit = DEFAULT_FOUND): FoundSessionEvent[] {
    return this.#shown(this.#store.events.search({ query, limit }));
  }

  async searchBest(query: string, limit = DEFAULT_FOUND): Promise<FoundSessionEvent[]> {
    try {
      return this.#shown(await this.#ranked.search({ query, limit }));
    } catch (error) {
      if (!(error instanceof RankedSearchError)) throw error;
      throw new SessionError("unavailable", error.message, { cause: error });
    }
  }

  #shown(found: readonly FoundEvent[]): FoundSessionEvent[] {
    const present = found.filter(({ session }) => !this.#retention.isRemoving(session));
    return present.map((row) => ({ ...toEvent(row), snippet: row.snippet }));
  }

  async start(params: StartParams): Promise<Session> {
    const client = await this.#line.soon();
    const path = await this.#directory(params.path);
    await this.#checkStart(params, path);
    const begin = (runner: SessionRunner) => {
      runner.apply({ type: "start" });
      if (params.prompt !== undefined) this.#addPrompt(runner, params.prompt);
    };
    const runner = params.worktree === undefined
      ? this.#create(this.#newRecord(params, path, await commitAt(client, path)), begin)
      : await this.#createInWorktree(client, params, path, params.worktree, begin);
    await runner.until(({ state }) => state.status !== "starting");
    return runner.toSession();
  }

  async send(
    reference: string,
    prompt: PromptContent,
    { startIfStopped = false }: { readonly startIfStopped?: boolean | undefined } = {},
  ): Promise<SendResult> {
    const runner = this.#find(reference);
    checkPrompt(prompt);
    if (startIfStopped) await runner.until(({ state }) => state.ending?.then !== "stopped");
    if (!isLive(runner.record.state)) {
      if (!startIfStopped) {
        throw new SessionError(
          "conflict",
          `session "${runner.record.name}" is stopped: resume it, or send start_if_stopped`,
        );
      }
      await this.#checkResume(runner);
      if (!isLive(runner.record.state)) this.#checkFree(runner);
    }
    let id = "";
    this.#changes.run(() => {
      id = this.#addPrompt(runner, prompt);
      if (!isLive(runner.record.state)) runner.apply({ type: "start" });
    });
    const index = runner.record.state.queue.indexOf(id);
    return index < 0
      ? { prompt_status: "sent", prompt_id: id }
      : { prompt_status: "queued", prompt_id: id, position: index + 1 };
  }

  editPrompt(reference: string, promptId: string, prompt: PromptContent): void {
    const runner = this.#queued(reference, promptId);
    checkPrompt(prompt);
    this.#changes.run(() => {
      this.#store.prompts.setContent(promptId, JSON.stringify(prompt));
      runner.note("prompt", "edited", { prompt_id: promptId, state: "edited", prompt }, contentText(prompt));
      runner.set({ state: { ...runner.record.state } });
    });
  }

  removePrompt(reference: string, promptId: string): void {
    const runner = this.#queued(reference, promptId);
    this.#changes.run(() => {
      this.#store.prompts.setStatus(promptId, "removed");
      runner.note("prompt", "removed", { prompt_id: promptId, state: "removed" });
      runner.apply({ type: "prompt_removed", id: promptId });
    });
  }

  movePrompt(reference: string, promptId: string, position: number): void {
    const runner = this.#queued(reference, promptId);
    const { length } = runner.record.state.queue;
    if (!Number.isInteger(position) || position < 1 || position > length) {
      throw new SessionError("bad_params", `position ${position} must be 1 to ${length}`);
    }
    this.#changes.run(() => {
      runner.note("prompt", "moved", { prompt_id: promptId, state: "moved", position });
      runner.apply({ type: "prompt_moved", id: promptId, position: position - 1 });
    });
  }

  interrupt(reference: string): Promise<void> {
    const runner = this.#find(reference);
    this.#changes.run(() => runner.apply({ type: "interrupt" }));
    return Promise.resolve();
  }

  async configure(reference: string, changes: SessionChanges): Promise<Session> {
    const runner = this.#find(reference);
    const { record } = runner;
    const { name, model, permission_mode: mode, policy, confirm } = changes;
    if (name !== undefined && name !== record.name) checkName(name, this.#names());
    if (mode !== undefined) checkMode(mode);
    if (mode === BYPASS || policy === "allow") this.#checkBypass(bypassPath(record), confirm);
    const isTalking = isLive(record.state) && record.state.mode === "subprocess";
    if (mode !== undefined && isTalking) await runner.request((id) => setModeLine(id, mode));
    if (model !== undefined && isTalking) await runner.request((id) => setModelLine(id, model));
    this.#changes.run(() => {
      if (name !== undefined) runner.set({ name });
      if (model !== undefined) runner.set({ chosenModel: model, model });
      if (mode !== undefined) {
        runner.set({ permissionMode: mode });
        runner.note("mode", undefined, { permission_mode: mode });
      }
      if (policy !== undefined) runner.set({ policy });
    });
    return runner.toSession();
  }

  async whenIdle(reference: string): Promise<Session> {
    const runner = this.#find(reference);
    await runner.until(({ state }) => state.status === "idle" || !isLive(state));
    return runner.toSession();
  }

  async stop(reference: string): Promise<Session> {
    return await this.#end(reference, "stop");
  }

  async kill(reference: string): Promise<Session> {
    return await this.#end(reference, "kill");
  }

  async resume(reference: string, { confirm }: { readonly confirm?: string | undefined } = {}): Promise<Session> {
    const runner = this.#find(reference);
    checkStopped(runner);
    await this.#checkResume(runner, confirm);
    checkStopped(runner);
    this.#checkFree(runner);
    this.#changes.run(() => runner.apply({ type: "start" }));
    await runner.until(({ state }) => state.status !== "starting");
    return runner.toSession();
  }

  async fork(reference: string, { name }: { readonly name?: string | undefined } = {}): Promise<Session> {
    const { record } = this.#find(reference);
    if (await findTranscript(this.#settings.home, record.claudeSessionId) === undefined) {
      throw new SessionError(
        "conflict",
        `session "${record.name}" has no conversation yet: start a new session instead`,
      );
    }
    return await this.start({
      path: record.path,
      resume: record.claudeSessionId,
      fork: true,
      name: name ?? nameAfter(`${record.name}-fork`, this.#names()),
      claude_args: record.claudeArgs,
      permission_mode: record.permissionMode === BYPASS ? DEFAULT_MODE : record.permissionMode,
      policy: record.policy === "allow" ? "ask" : record.policy,
      ...(record.chosenModel === null ? {} : { model: record.chosenModel }),
    });
  }

  remove(reference: string): void {
    const runner = this.#find(reference);
    const { record } = runner;
    if (isLive(record.state)) {
      throw new SessionError("conflict", `session "${record.name}" is running: stop it first`);
    }
    this.#changes.run(() => {
      this.#changes.after(() => this.#runners.delete(record.id));
      this.#retention.remove(toRow(record), () => runner.close());
      this.#changes.publish({ type: "removed", session: record.id });
    });
  }

  async attach(
    reference: string,
    { interrupt = false }: { readonly interrupt?: boolean | undefined } = {},
  ): Promise<{ tmux_session: string; tmux_socket: string }> {
    const runner = this.#find(reference);
    const { state, name } = runner.record;
    if (!isLive(state)) throw new SessionError("conflict", `session "${name}" is stopped: resume it first`);
    if (state.mode !== "interactive") {
      if (state.status === "starting") await runner.until(({ state }) => state.status !== "starting");
      if (runner.record.state.status !== "idle" && !interrupt) {
        throw new SessionError("conflict", `session "${name}" is in a turn: wait for it, or interrupt it`);
      }
      await this.#terminals.check();
      this.#changes.run(() => runner.apply({ type: "attach" }));
      await runner.until(({ state, terminal }) =>
        terminal !== null && state.mode === "interactive" || state.ending === null
      );
    }
    this.#terminals.expect(runner);
    const { terminal, error } = runner.record;
    if (terminal === null) {
      throw new SessionError("conflict", `the terminal of "${name}" could not be opened: ${error ?? "see the events"}`);
    }
    return { tmux_session: terminal.name, tmux_socket: this.#settings.tmuxSocket };
  }

  async openTerminal(reference: string, options: TerminalOptions): Promise<TerminalStream> {
    const runner = this.#find(reference);
    this.#terminals.expect(runner);
    return await this.#streams.open(runner, options);
  }

  async detach(reference: string): Promise<Session> {
    const runner = this.#find(reference);
    if (runner.record.state.mode !== "interactive") {
      throw new SessionError("conflict", `session "${runner.record.name}" is not in a terminal`);
    }
    this.#changes.run(() => runner.apply({ type: "detach" }));
    await runner.until(({ state }) => state.mode !== "interactive" && state.status !== "starting");
    return runner.toSession();
  }

  commands(reference: string): AgentCommand[] {
    const runner = this.#find(reference);
    if (runner.commands !== undefined) return [...runner.commands];
    // The agent told them to a program that has ended; what it says with each turn has their names.
    const page = { session: runner.record.id, before: Number.MAX_SAFE_INTEGER, limit: LATEST_SYSTEM_EVENTS };
    const events = this.#page({ ...page, types: ["system"] });
    return readCommandNames(events.findLast(({ subtype }) => subtype === "init")?.payload);
  }

  async files(reference: string, query: string, limit: number): Promise<string[]> {
    const { path } = this.#find(reference).record;
    return await this.#fileLists.find(await this.#line.soon(), path, query, limit);
  }

  rules(reference: string): SessionRule[] {
    return this.#find(reference).questions.rules();
  }

  removeRule(reference: string, ruleId: string): void {
    const runner = this.#find(reference);
    this.#changes.run(() => {
      if (!this.#store.rules.delete(runner.record.id, ruleId)) {
        throw new SessionError("unknown", `session "${runner.record.name}" has no rule ${ruleId}`);
      }
    });
    runner.questions.reloadRules();
  }

  permissions(): PendingPermission[] {
    const all = [...this.#runners.values()].flatMap((runner) => runner.questions.pending());
    return all.sort((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
  }

  answer(permissionId: string, answer: PermissionAnswer, by: string): void {
    const row = this.#store.permissions.get(permissionId);
    const runner = row === undefined ? undefined : this.#runners.get(row.session);
    if (row === undefined || runner === undefined) {
      throw new SessionError("unknown", `there is no permission ${permissionId}`);
    }
    if (row.ended_at !== undefined) throw new SessionError("conflict", tooLate(row.outcome));
    if (answer.decision === "allow_session" && answer.updated_input !== undefined) {
      throw new SessionError("bad_params", "updated_input cannot be allowed for the session: allow it once");
    }
    const { rule, toolName } = JSON.parse(row.data) as PermissionData;
    if (answer.decision === "allow_session" && rule === undefined) {
      throw new SessionError("bad_params", `this call of ${toolName} cannot be allowed for the session: allow it once`);
    }
    this.#changes.run(() => runner.questions.answer(row, answer, by));
  }

  /** Lets go of all agents, which run on, and stores what they have printed so far. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#flusher.close();
    this.#retention.close();
    this.#ranked[Symbol.dispose]();
    this.#changes.close();
    const runners = [...this.#runners.values()];
    const closing = runners.map((runner) => runner.close());
    await this.#streams[Symbol.asyncDispose]();
    this.#terminals.close();
    await this.#line[Symbol.asyncDispose]();
    await Promise.all([...closing, ...this.#work]);
    this.#listeners.clear();
    this.#onClosed();
  }

  // ---- Sessions.

  async #checkStart(params: StartParams, path: string): Promise<void> {
    const mode = params.permission_mode ?? DEFAULT_MODE;
    checkMode(mode);
    if (mode === BYPASS || this.#policyOf(params) === "allow") this.#checkBypass(path, params.confirm);
    readClaudeArgs(params.claude_args);
    if (params.name !== undefined) checkName(params.name, this.#names());
    this.#checkRoom();
    if (params.prompt !== undefined) checkPrompt(params.prompt);
    await this.#checkTrust(path, params.trust ?? false);
    const { resume, fork = false } = params;
    if (fork && resume === undefined) throw new SessionError("bad_params", "fork needs resume: name the conversation");
    if (resume !== undefined) await this.#checkConversation(resume, fork);
  }

  /** Makes the record of a new session. What others may have taken meanwhile is checked here, and not awaited. */
  #newRecord(
    params: StartParams,
    path: string,
    base: string | null,
    worktree?: RecordedWorktree,
  ): SessionRecord {
    const { resume, fork = false } = params;
    this.#checkDaemon();
    const taken = this.#names();
    const name = params.name === undefined ? nameAfter(path, taken) : checkName(params.name, taken);
    this.#checkRoom();
    if (resume !== undefined && !fork) this.#checkOwn(resume);
    return newRecord({
      id: crypto.randomUUID(),
      name,
      path,
      createdAt: this.#clock.now(),
      claudeSessionId: resume === undefined || fork ? crypto.randomUUID() : resume,
      origin: resume === undefined ? { kind: "new" } : fork ? { kind: "fork", from: resume } : { kind: "resume" },
      chosenModel: params.model ?? null,
      permissionMode: params.permission_mode ?? DEFAULT_MODE,
      policy: this.#policyOf(params),
      claudeArgs: readClaudeArgs(params.claude_args),
      base,
      ...(worktree === undefined ? {} : { worktree }),
    });
  }

  /** Makes a work tree, and a session in it. Of a work tree without a session, nothing is left. */
  async #createInWorktree(
    client: Client,
    params: StartParams,
    path: string,
    branch: string,
    begin: (runner: SessionRunner) => void,
  ): Promise<SessionRunner> {
    const { start, ...worktree } = await makeWorktree(client, path, branch);
    try {
      // It is the same code as in the repository, which is trusted.
      await this.#checkTrust(start, true);
      const base = await commitAt(client, start);
      return this.#create(this.#newRecord(params, start, base, worktree), begin);
    } catch (error) {
      await unmakeWorktree(client, worktree);
      throw error;
    }
  }

  #policyOf({ policy = this.#settings.policy }: StartParams): PermissionPolicy {
    return policy;
  }

  /** Stores a new session together with its first change, so that a failure leaves nothing of it. */
  #create(record: SessionRecord, begin: (runner: SessionRunner) => void): SessionRunner {
    try {
      return this.#changes.run(() => {
        this.#store.sessions.insert(toRow(record));
        const runner = this.#add(record);
        begin(runner);
        return runner;
      });
    } catch (error) {
      this.#runners.delete(record.id);
      throw error;
    }
  }

  #add(record: SessionRecord): SessionRunner {
    const runner = new SessionRunner(record, {
      store: this.#store,
      changes: this.#changes,
      line: this.#line,
      settings: this.#settings,
      clock: this.#clock,
      schedule: () => this.#flusher.schedule(),
      launch: (one) => this.#track(this.#launcher.launch(one)),
      killTree: (one) => this.#track(this.#launcher.kill(one)),
      openTerminal: (one) => this.#track(this.#terminals.open(one)),
      closeTerminal: (one) => this.#track(this.#terminals.end(one)),
      wasTaken: (one, promptId) => this.#hasPrompt(one.record, promptId),
      importTranscript: (one) => this.#importTranscript(one),
      onLost: (one) => this.#resumeLost(one),
      onError: this.#onError,
    });
    this.#runners.set(record.id, runner);
    return runner;
  }

  #find(reference: string): SessionRunner {
    const { id } = resolveReference([...this.#runners.values()].map(({ record }) => record), reference);
    return this.#runners.get(id)!;
  }

  /** The sessions whose agents run, or are about to. */
  #live(): SessionRecord[] {
    return [...this.#runners.values()].map(({ record }) => record).filter(({ state }) => isLive(state));
  }

  #names(): Set<string> {
    return new Set([...this.#runners.values()].map(({ record }) => record.name));
  }

  #queued(reference: string, promptId: string): SessionRunner {
    const runner = this.#find(reference);
    if (runner.record.state.queue.includes(promptId)) return runner;
    const row = this.#store.prompts.get(promptId);
    if (row === undefined || row.session !== runner.record.id) {
      throw new SessionError("unknown", `session "${runner.record.name}" has no prompt ${promptId}`);
    }
    throw new SessionError(
      "conflict",
      `prompt ${promptId} is no longer queued: it was ${row.status === "removed" ? "removed" : "sent"}`,
    );
  }

  #addPrompt(runner: SessionRunner, prompt: PromptContent): string {
    const id = crypto.randomUUID();
    runner.addPrompt(id, prompt);
    return id;
  }

  async #end(reference: string, how: "stop" | "kill"): Promise<Session> {
    const runner = this.#find(reference);
    // Only tmux keeps a session without its daemon, and only the daemon can reach tmux.
    if (runner.record.state.mode === "interactive") this.#checkDaemon();
    this.#changes.run(() => runner.apply({ type: how }));
    if (this.#line.isGone) runner.lose(LOST);
    await runner.until(({ state }) => !isLive(state));
    return runner.toSession();
  }

  // ---- Checks.

  async #directory(path: string): Promise<string> {
    if (!path.startsWith("/")) throw new SessionError("bad_params", `path "${path}" must be absolute`);
    try {
      const real = await Deno.realPath(path);
      if ((await Deno.stat(real)).isDirectory) return real;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
        throw new SessionError("bad_params", `path "${path}" cannot be used: ${(error as Error).message}`, {
          cause: error,
        });
      }
      throw new SessionError("bad_params", `path "${path}" does not exist`);
    }
    throw new SessionError("bad_params", `path "${path}" is not a directory`);
  }

  async #checkTrust(path: string, mayTrust: boolean): Promise<void> {
    const { home } = this.#settings;
    try {
      if (await isTrusted(home, path)) return;
      if (!mayTrust) {
        throw new SessionError("refused", `${path} is not trusted yet: look at it, then start a session with trust`);
      }
      await trust(home, path);
    } catch (error) {
      if (error instanceof TrustError) throw new SessionError("conflict", error.message, { cause: error });
      throw error;
    }
    this.#track(keepTrusted(home, path, { clock: this.#clock, signal: this.#line.signal }));
  }

  #checkBypass(path: string, confirm: string | undefined): void {
    if (!this.#settings.mayBypass(path)) {
      throw new SessionError(
        "refused",
        `the configuration does not allow to bypass permissions in ${path}: set allow_bypass_permissions for it`,
      );
    }
    const name = path.split("/").at(-1) ?? "";
    if (confirm !== name) {
      throw new SessionError("refused", `to bypass permissions, repeat the directory's name: confirm "${name}"`);
    }
  }

  async #checkConversation(id: string, isFork: boolean): Promise<void> {
    if (await findTranscript(this.#settings.home, id) === undefined) {
      throw new SessionError("unknown", `there is no conversation ${id}`);
    }
    if (isFork) return;
    this.#checkOwn(id);
    await this.#guard.check(id);
  }

  /** Checks that no session of ours is in a conversation. */
  #checkOwn(id: string): void {
    const own = this.#live().find(({ claudeSessionId }) => claudeSessionId === id);
    if (own !== undefined) throw new SessionError("conflict", `session "${own.name}" is in the conversation ${id}`);
  }

  /** Checks what others may take at any time; to be called right before a session is started. */
  #checkFree({ record }: SessionRunner): void {
    this.#checkDaemon();
    this.#checkRoom();
    this.#checkOwn(record.claudeSessionId);
  }

  async #checkResume(runner: SessionRunner, confirm?: string): Promise<void> {
    const { record } = runner;
    this.#checkFree(runner);
    const isBypass = record.permissionMode === BYPASS || record.policy === "allow";
    if (isBypass) this.#checkBypass(bypassPath(record), confirm);
    const path = await this.#directory(record.path);
    if (path !== record.path) {
      throw new SessionError(
        "conflict",
        `${record.path} now leads to ${path}, where the agent has not been: start a new session there`,
      );
    }
    await this.#checkTrust(path, false);
    await this.#guard.check(record.claudeSessionId, record.process?.pid ?? record.formerPid);
  }

  /** Checks that agents can be started, soon if not now. */
  #checkDaemon(): void {
    if (this.#line.isGone) {
      throw new SessionError("unavailable", "the daemon cannot be reached: start it, and try again");
    }
  }

  #checkRoom(): void {
    const { max } = this.#settings;
    const live = this.#live().length;
    if (max > 0 && live >= max) {
      throw new SessionError(
        "conflict",
        `${live} sessions are running, which is the most (sessions.max): stop one first`,
      );
    }
  }

  // ---- The daemon.

  /** Finds the processes of the sessions again; what fails is tried again while the connection lasts. */
  async #recover(client: Client): Promise<void> {
    let hasReported = false;
    while (this.#line.isUp && this.#line.now() === client) {
      const failures = await this.#recoverAll(client);
      if (failures.length === 0) return void (this.#wasUp = true);
      if (failures.some((error) => this.#line.noteFailure(client, error))) return;
      if (!hasReported && !this.#isClosed) this.#onError(failures[0]);
      hasReported = true;
      await this.#line.pause(RECOVER_MS);
    }
  }

  /** Returns what failed. */
  async #recoverAll(client: Client): Promise<unknown[]> {
    const failures: unknown[] = [];
    try {
      const { processes } = await client.call("process.list", {});
      const known = new Map(processes.map((one) => [one.id, one]));
      await this.#streams.endLeft(client, processes, new Set(this.#runners.keys()));
      for (const runner of this.#runners.values()) {
        await this.#recoverOne(runner, known).catch((error) => failures.push(error));
      }
    } catch (error) {
      failures.push(error);
    }
    return failures;
  }

  async #recoverOne(runner: SessionRunner, known: ReadonlyMap<string, ProcessListEntry>): Promise<void> {
    const { state, process } = runner.record;
    if (!isLive(state) || runner.isConnected || this.#launcher.isLaunching(runner)) return;
    if (state.mode === "interactive" || state.ending?.step === "open_terminal") {
      return this.#track(this.#terminals.recover(runner));
    }
    if (process === null) return;
    const found = known.get(process.id);
    if (found === undefined) {
      if (!process.isStarted) return this.#track(this.#launcher.relaunch(runner));
      return runner.lose(this.#wasUp ? LOST : FORGOTTEN);
    }
    const { pid, startTime } = found;
    const isStill = () => runner.record.process?.id === process.id;
    await this.#changes.persist(() => isStill() ? runner.setProcess({ isStarted: true, pid, startTime }) : undefined);
    if (isStill()) runner.connect(found.stdinApplied);
  }

  #loseAll(): void {
    for (const runner of this.#runners.values()) {
      const isStarted = runner.record.process?.isStarted === true;
      runner.lose(isStarted ? LOST : "the daemon cannot be reached");
    }
  }

  /** Starts an agent again that was lost with the daemon, once there is one. */
  #resumeLost(runner: SessionRunner): void {
    if (this.#settings.resumeLost) this.#track(this.#resumeWhenUp(runner));
  }

  async #resumeWhenUp(runner: SessionRunner): Promise<void> {
    await this.#line.ready();
    const isStillLost = () => runner.record.isLost === true && this.#runners.has(runner.record.id);
    if (!isStillLost()) return;
    try {
      // Without a confirmation, this never leads back into a session that bypasses permissions.
      await this.#checkResume(runner);
      if (isStillLost()) this.#checkFree(runner);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      if (error.kind === "unavailable") return await this.#resumeWhenUp(runner);
      const reason = `not resumed by itself: ${error.message}`;
      return await this.#changes.persist(() => {
        runner.set({ isLost: false });
        runner.note("status", "not_resumed", { reason });
      });
    }
    await this.#changes.persist(() => {
      if (isStillLost()) runner.apply({ type: "start" });
    });
  }

  /** Waits until the former process of a conversation has ended, and stores what it has said meanwhile. */
  async #prepareLaunch(runner: SessionRunner): Promise<void> {
    const { record } = runner;
    if (record.attempts <= 1 && record.origin.kind === "new") return;
    await this.#guard.waitUntilFree(record.claudeSessionId, record.formerPid);
    if (record.attempts > 1) await this.#importTranscript(runner);
    await this.#dropTaken(runner);
  }

  #importTranscript(runner: SessionRunner): Promise<void> {
    return importTranscript(runner, this.#store, this.#settings.home, this.#changes);
  }

  /** A prompt that returned to the queue may have reached the agent all the same. */
  async #dropTaken(runner: SessionRunner): Promise<void> {
    const [first] = runner.record.state.queue;
    if (first === undefined || !await this.#hasPrompt(runner.record, first)) return;
    await this.#changes.persist(() => {
      this.#store.prompts.setStatus(first, "done");
      runner.note("prompt", "done", { prompt_id: first, state: "done" });
      runner.apply({ type: "prompt_removed", id: first });
    });
  }

  async #hasPrompt({ claudeSessionId }: SessionRecord, promptId: string): Promise<boolean> {
    const path = await findTranscript(this.#settings.home, claudeSessionId);
    return path !== undefined && await hasUserRecord(path, promptId);
  }

  // ---- Output.

  #flush(): boolean {
    // A transaction costs as much with nothing in it: most sessions are idle.
    const due = [...this.#runners.values()].filter(({ hasOutput }) => hasOutput);
    return due.map((runner) => this.#flushOne(runner)).every((isDone) => isDone);
  }

  #flushOne(runner: SessionRunner): boolean {
    for (;;) {
      try {
        this.#changes.run(() => runner.flush());
        return true;
      } catch (error) {
        if (mayPass(error)) this.#changes.report(error);
        else if (!this.#isClosed) this.#onError(error);
        if (mayPass(error) || !runner.refuseLine(error)) return false;
      }
    }
  }

  #publish(message: LiveMessage): void {
    for (const listener of this.#listeners) {
      try {
        listener(message);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  #page(query: {
    readonly session?: string;
    readonly sessions?: readonly string[] | undefined;
    readonly limit: number;
    readonly offset?: number | undefined;
    readonly after?: number | undefined;
    readonly before?: number | undefined;
    readonly types?: readonly string[] | undefined;
  }): SessionEvent[] {
    const { limit, ...rest } = query;
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    for (let { after } = query;;) {
      const next = after === undefined ? {} : { after };
      const rows = this.#store.events.page({ limit: Math.min(limit, MAX_EVENTS), ...given, ...next });
      const kept = rows.filter(({ session }) => !this.#retention.isRemoving(session));
      if (kept.length > 0 || rows.length === 0) return kept.map(toEvent);
      after = rows.at(-1)!.id;
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch((error) => {
      if (!this.#isClosed) this.#onError(error);
    });
    this.#work.add(tracked);
    void tracked.then(() => this.#work.delete(tracked));
  }
}

function toEvent({ id, session, seq, at, type, subtype, payload }: EventRow): SessionEvent {
  return {
    id,
    session,
    seq,
    at: iso(at),
    type,
    ...(subtype === undefined ? {} : { subtype }),
    payload: JSON.parse(payload),
  };
}

/** The directory for which permissions are configured: a work tree counts as its repository. */
function bypassPath({ path, worktree }: SessionRecord): string {
  return worktree?.repository ?? path;
}

function checkStopped({ record }: SessionRunner): void {
  if (isLive(record.state)) throw new SessionError("conflict", `session "${record.name}" is running`);
}

function checkMode(mode: string): void {
  if (!MODES.has(mode)) {
    throw new SessionError("bad_params", `permission_mode "${mode}" must be one of ${[...MODES].join(", ")}`);
  }
}

function checkPrompt(prompt: PromptContent): void {
  const isEmpty = typeof prompt === "string" ? prompt.trim() === "" : prompt.length === 0;
  if (isEmpty) throw new SessionError("bad_params", "the prompt is empty");
  if (JSON.stringify(prompt).length > MAX_PROMPT_BYTES) {
    throw new SessionError("too_large", "the prompt has more than 8 MiB");
  }
}

function readClaudeArgs(given: StartParams["claude_args"]): string[] {
  try {
    return checkClaudeArgs(typeof given === "string" ? splitWords(given) : given ?? []);
  } catch (error) {
    if (error instanceof AgentArgumentError) throw new SessionError("refused", error.message, { cause: error });
    throw error;
  }
}

function tooLate(outcome: string | undefined): string {
  const { state, decision, by } = JSON.parse(outcome ?? "{}");
  if (state !== "answered") return "the agent no longer asks for this permission";
  return `${by} has already answered this permission: ${decision}`;
}

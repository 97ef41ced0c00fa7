import { SessionError } from "../../lib/sessions/session_error.ts";
import type {
  EventQuery,
  FoundSessionEvent,
  SessionOrigin,
  Sessions,
  TerminalOptions,
  TerminalStream,
} from "../../lib/sessions/sessions.ts";
import type {
  AgentCommand,
  LiveMessage,
  PendingPermission,
  PermissionAnswer,
  PromptContent,
  SendResult,
  Session,
  SessionChanges,
  SessionEvent,
  SessionRule,
  StartParams,
} from "../../lib/sessions/types.ts";

const AT = "2026-01-01T00:00:00.000Z";

/** Sessions without agents, in memory: for tests of what stands above the sessions. */
export class MemorySessions implements Sessions {
  readonly isDaemonUp = true;
  readonly stored: SessionEvent[] = [];
  readonly pending: PendingPermission[] = [];
  /** The answers that were given, and by whom. */
  readonly answers: { id: string; answer: PermissionAnswer; by: string }[] = [];
  partialTexts: Record<string, string> = {};
  isDisposed = false;
  readonly #sessions = new Map<string, Session>();
  readonly #listeners = new Set<(message: LiveMessage) => void>();

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Stores an event and announces it. */
  add(session: string, payload: unknown = {}, type = "assistant"): SessionEvent {
    const event = this.store(session, payload, type);
    this.announce({ type: "event", event });
    return event;
  }

  /** Stores an event without announcing it. */
  store(session: string, payload: unknown = {}, type = "assistant"): SessionEvent {
    const seq = this.stored.filter((each) => each.session === session).length + 1;
    const event = { id: this.stored.length + 1, session, seq, at: AT, type, payload };
    this.stored.push(event);
    return event;
  }

  /** Tells all listeners. */
  announce(message: LiveMessage): void {
    for (const listener of this.#listeners) listener(message);
  }

  /** Adds a session, and announces it. */
  create(id: string, facts: Partial<Session> = {}): Session {
    const session: Session = {
      id,
      name: `name-${id}`,
      host: "here",
      path: "/tmp",
      mode: "subprocess",
      status: "idle",
      claude_session_id: crypto.randomUUID(),
      model: null,
      permission_mode: "default",
      policy: "ask",
      queue: [],
      permissions: [],
      turns: 0,
      cost_usd: 0,
      tokens: { input: 0, output: 0, cache_read: 0, cache_creation: 0 },
      last_event: 0,
      created_at: AT,
      updated_at: AT,
      ...facts,
    };
    this.#sessions.set(id, session);
    this.announce({ type: "session", session });
    return session;
  }

  start({ path, name }: StartParams): Promise<Session> {
    return Promise.resolve(this.create(crypto.randomUUID(), { path, ...(name === undefined ? {} : { name }) }));
  }

  list({ active }: { readonly active?: boolean | undefined } = {}): Session[] {
    const all = [...this.#sessions.values()].reverse();
    return active ? all.filter(({ status }) => status !== "stopped" && status !== "error") : all;
  }

  get(reference: string): Session {
    const found = this.list().find(({ id, name }) => id.startsWith(reference) || name === reference);
    if (found === undefined) throw new SessionError("unknown", `there is no session ${reference}`);
    return found;
  }

  origin(reference: string): SessionOrigin {
    return { path: this.get(reference).path, base: null };
  }

  events(reference: string, { limit = 500, offset = 0, after = 0, before, types }: EventQuery = {}): SessionEvent[] {
    const { id } = this.get(reference);
    const fits = (event: SessionEvent) =>
      event.session === id && event.id > after && (types?.includes(event.type) ?? true);
    if (before !== undefined) return this.stored.filter((event) => fits(event) && event.id < before).slice(-limit);
    return this.stored.filter(fits).slice(offset, offset + limit);
  }

  eventsAfter(
    after: number,
    { limit, sessions }: { readonly limit: number; readonly sessions?: readonly string[] | undefined },
  ): SessionEvent[] {
    const later = this.stored.slice(after);
    return (sessions === undefined ? later : later.filter((event) => sessions.includes(event.session))).slice(0, limit);
  }

  event(id: number): SessionEvent {
    const event = this.stored[id - 1];
    if (event === undefined) throw new SessionError("unknown", `there is no event ${id}`);
    return event;
  }

  search(query: string): FoundSessionEvent[] {
    const found = this.stored.filter(({ payload }) => JSON.stringify(payload).includes(query));
    return found.reverse().map((event) => ({ ...event, snippet: `«${query}»` }));
  }

  searchBest(query: string): Promise<FoundSessionEvent[]> {
    return Promise.resolve(this.search(query).reverse());
  }

  get lastEvent(): number {
    return this.stored.length;
  }

  partial(): Readonly<Record<string, string>> {
    return this.partialTexts;
  }

  send(reference: string, prompt: PromptContent): Promise<SendResult> {
    const { id } = this.get(reference);
    this.add(id, { prompt }, "prompt");
    return Promise.resolve({ prompt_status: "sent", prompt_id: crypto.randomUUID() });
  }

  editPrompt(_reference: string, promptId: string): void {
    throw new SessionError("conflict", `prompt ${promptId} was sent already`);
  }

  removePrompt(_reference: string, promptId: string): void {
    throw new SessionError("unknown", `there is no prompt ${promptId}`);
  }

  movePrompt(): void {
    throw new SessionError("refused", "prompts stay where they are");
  }

  interrupt(): Promise<void> {
    return Promise.reject(new SessionError("unavailable", "the daemon cannot be reached"));
  }

  configure(reference: string, changes: SessionChanges): Promise<Session> {
    const session = this.get(reference);
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    return Promise.resolve(this.create(session.id, { ...session, ...Object.fromEntries(given) }));
  }

  whenIdle(reference: string): Promise<Session> {
    return Promise.resolve(this.get(reference));
  }

  stop(reference: string): Promise<Session> {
    const session = this.get(reference);
    return Promise.resolve(this.create(session.id, { ...session, status: "stopped" }));
  }

  kill(reference: string): Promise<Session> {
    return this.stop(reference);
  }

  resume(reference: string): Promise<Session> {
    return Promise.resolve(this.get(reference));
  }

  fork(reference: string, { name = "fork" }: { readonly name?: string | undefined } = {}): Promise<Session> {
    return Promise.resolve(this.create(crypto.randomUUID(), { ...this.get(reference), name }));
  }

  remove(reference: string): void {
    this.#sessions.delete(this.get(reference).id);
  }

  attach(): Promise<{ tmux_session: string; tmux_socket: string }> {
    throw new TypeError("a bug");
  }

  openTerminal(_reference: string, _options: TerminalOptions): Promise<TerminalStream> {
    return Promise.reject(new SessionError("refused", "there are no terminals"));
  }

  detach(reference: string): Promise<Session> {
    return Promise.resolve(this.get(reference));
  }

  commands(): AgentCommand[] {
    return [{ name: "cost", description: "Shows what the session has cost" }];
  }

  files(_reference: string, query: string): Promise<string[]> {
    return Promise.resolve(["lib/a.ts", "README.md"].filter((path) => path.includes(query)));
  }

  rules(): SessionRule[] {
    return [];
  }

  removeRule(_reference: string, ruleId: string): void {
    throw new SessionError("unknown", `there is no rule ${ruleId}`);
  }

  permissions(): PendingPermission[] {
    return this.pending;
  }

  answer(id: string, answer: PermissionAnswer, by: string): void {
    this.answers.push({ id, answer, by });
  }

  listen(listener: (message: LiveMessage) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    return Promise.resolve();
  }
}

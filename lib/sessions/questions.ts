/**
 * The questions of a session: what the agent may do, asked of rules, of the policy, and of people.
 *
 * @module
 */

import type { PermissionRequestMessage } from "../agent/message_types.ts";
import { type PermissionDecision, permissionLine } from "../agent/requests.ts";
import type { PermissionRow } from "../store/permissions.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { decide, type Decision, describeRule, type RuleContext, ruleFor, type RuleMatch } from "./permission_rules.ts";
import { realPathSoFar } from "./real_path.ts";
import type { SessionRecord } from "./record.ts";
import { SessionError } from "./session_error.ts";
import { iso } from "./session_view.ts";
import type { SessionSettings } from "./settings.ts";
import type { SessionInput } from "./state.ts";
import type { PendingPermission, PermissionAnswer, SessionRule } from "./types.ts";

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

/** The session that questions belong to. */
export interface QuestionsSession {
  /** The session as it is now. */
  readonly record: SessionRecord;
  /** Applies an input to the state machine. */
  apply(input: SessionInput): void;
  /** Stores an event of the hub's own. */
  note(type: string, subtype: string | undefined, payload: Readonly<Record<string, unknown>>, text?: string): void;
  /** Stores a line for the agent's stdin. */
  sendLine(line: string): void;
  /** Makes a change that no caller waits for. */
  insist(work: () => void): void;
}

/** What the questions of all sessions share. */
export interface QuestionsContext {
  /** The store. */
  readonly store: Store;
  /** The settings. */
  readonly settings: SessionSettings;
  /** The source of time. */
  readonly clock: Clock;
  /** The changes of all sessions. */
  readonly changes: { after(work: () => void): void };
}

/** See the module comment. Methods that change anything are called within a change. */
export class Questions {
  readonly #session: QuestionsSession;
  readonly #context: QuestionsContext;
  #rules: readonly RuleData[] = [];
  readonly #timers = new Map<string, () => void>();
  #isClosed = false;

  /** Loads the rules of a session. */
  constructor(session: QuestionsSession, context: QuestionsContext, sessionId: string) {
    this.#session = session;
    this.#context = context;
    this.#rules = readRules(context.store, sessionId);
  }

  /** The questions that wait for a person, as others see them. */
  pending(): PendingPermission[] {
    return this.#pendingRows().map((row) => this.#toPermission(row));
  }

  /** The rules, as others see them. */
  rules(): SessionRule[] {
    return this.#context.store.rules.of(this.#session.record.id).map(({ id, at, data }) => {
      const { toolName, match } = JSON.parse(data) as RuleData;
      return { id, at: iso(at), tool_name: toolName, covers: describeRule(match) };
    });
  }

  /** Reads the rules again, after some have changed. */
  reloadRules(): void {
    this.#rules = readRules(this.#context.store, this.#session.record.id);
  }

  /** Takes a question of the agent: a rule or the policy answers it, or it waits for a person. */
  take(message: PermissionRequestMessage): void {
    const { id: session, process, policy } = this.#session.record;
    if (process === null) return;
    const { requestId, toolName, input, description, requiresUserInteraction } = message;
    const context = this.#ruleContext();
    const rule = ruleFor(message, context);
    const asked = { requestId, processId: process.id, toolName, input, description, requiresUserInteraction, rule };
    const row = this.#store(session, asked);
    this.#noteAsked(row, `${toolName} ${description ?? ""}`);
    const { decision, by } = decide(message, this.#rules.map(({ match }) => match), policy, context);
    if (decision !== "ask") return this.#answerByItself(row, decision, by);
    this.#session.apply({ type: "asked", id: row.id });
    this.#context.changes.after(() => this.#armTimer(row.id, row.at));
  }

  /** Takes back a question that the agent no longer asks. */
  cancel(requestId: string): void {
    const row = this.#pendingRows().find(({ data }) => (JSON.parse(data) as PermissionData).requestId === requestId);
    if (row !== undefined) this.#session.apply({ type: "cancelled", id: row.id });
  }

  /** Answers a question. */
  answer(row: PermissionRow, answer: PermissionAnswer, by: string): void {
    const data = JSON.parse(row.data) as PermissionData;
    if (answer.decision === "allow_session") this.#addRule(data);
    this.end(row.id, { state: "answered", decision: answer.decision, by, message: answer.message });
    if (data.processId === this.#session.record.process?.id) {
      this.#session.sendLine(permissionLine(data.requestId, toDecision(answer, data)));
    }
    this.#session.apply({ type: "answered", id: row.id });
  }

  /** Stores how a question has ended; the first end counts. */
  end(id: string, outcome: Readonly<Record<string, unknown>> & { readonly state: string }): void {
    const { store, clock, changes } = this.#context;
    if (!store.permissions.end(id, clock.now(), JSON.stringify(outcome))) return;
    this.#session.note("permission", outcome.state, { permission_id: id, ...outcome });
    changes.after(() => this.#dropTimer(id));
  }

  /** Arms the time limits of the questions of a session that was loaded. */
  resumeTimers(): void {
    for (const { id, at } of this.#pendingRows()) this.#armTimer(id, at);
  }

  /** Cancels the time limits. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#timers.values()) cancel();
  }

  #store(session: string, data: PermissionData): PermissionRow {
    const { store, clock } = this.#context;
    const row = { id: crypto.randomUUID(), session, at: clock.now(), data: JSON.stringify(data) };
    store.permissions.insert(row);
    return row;
  }

  #noteAsked(row: PermissionRow, text: string): void {
    const { id, host: _host, session: _session, at: _at, ...shown } = this.#toPermission(row);
    this.#session.note("permission", "asked", { permission_id: id, state: "asked", ...shown }, text);
  }

  #answerByItself(row: PermissionRow, decision: Exclude<Decision, "ask">, by: "rule" | "policy"): void {
    const message = decision === "deny" ? "The policy of this session denies this." : undefined;
    this.answer(row, { decision, message }, by === "rule" ? "a rule of the session" : "the policy of the session");
  }

  #addRule({ toolName, rule }: PermissionData): void {
    if (rule === undefined) throw new SessionError("bad_params", `"${toolName}" cannot be allowed for the session`);
    const { store, clock } = this.#context;
    const data: RuleData = { toolName, match: rule };
    const { id: session } = this.#session.record;
    store.rules.insert({ id: crypto.randomUUID(), session, at: clock.now(), data: JSON.stringify(data) });
    this.#rules = [...this.#rules, data];
  }

  #ruleContext(): RuleContext {
    const { path } = this.#session.record;
    const { guarded } = this.#context.settings;
    return { directory: realPathSoFar(path) ?? path, realPath: realPathSoFar, guarded };
  }

  #pendingRows(): PermissionRow[] {
    const { store } = this.#context;
    return this.#session.record.state.asked.map((id) => store.permissions.get(id)).filter((row) => row !== undefined);
  }

  #toPermission({ id, session, at, data }: PermissionRow): PendingPermission {
    const { toolName, input, description, requiresUserInteraction, rule } = JSON.parse(data) as PermissionData;
    return {
      id,
      session,
      host: this.#context.settings.host,
      at: iso(at),
      tool_name: toolName,
      input,
      ...(description === undefined ? {} : { description }),
      requires_user_interaction: requiresUserInteraction,
      covers: rule === undefined ? "" : describeRule(rule),
    };
  }

  #armTimer(id: string, askedAt: number): void {
    const { settings: { askTimeoutSeconds }, clock } = this.#context;
    if (askTimeoutSeconds <= 0 || this.#timers.has(id) || this.#isClosed) return;
    const limit = askTimeoutSeconds * 1_000;
    const wait = Math.min(Math.max(0, askedAt + limit - clock.now()), limit);
    this.#timers.set(id, clock.after(wait, () => this.#session.insist(() => this.#denyLate(id))));
  }

  #denyLate(id: string): void {
    const row = this.#context.store.permissions.get(id);
    if (row === undefined || row.ended_at !== undefined) return;
    this.answer(row, { decision: "deny", message: "No answer came in time." }, "the time limit");
  }

  #dropTimer(id: string): void {
    this.#timers.get(id)?.();
    this.#timers.delete(id);
  }
}

function readRules(store: Store, session: string): RuleData[] {
  return store.rules.of(session).map(({ data }) => JSON.parse(data));
}

function toDecision(answer: PermissionAnswer, { input }: PermissionData): PermissionDecision {
  if (answer.decision !== "deny") return { behavior: "allow", updatedInput: answer.updated_input ?? input };
  return { behavior: "deny", message: answer.message ?? "The user denied this.", interrupt: answer.interrupt };
}

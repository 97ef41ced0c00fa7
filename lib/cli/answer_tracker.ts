/**
 * Follows the answer to one prompt through the messages of a hub. It is pure: {@linkcode trackAnswer} takes a state and a
 * message, and returns the next state, the text to print and whether the turn has ended.
 *
 * The text comes twice: as deltas, which may be missing, and as stored events, which are complete. Deltas are printed
 * only while they are known to continue what was printed; a stored event adds what is missing of its text.
 *
 * @module
 */

import type { FollowMessage } from "../hub/hub_client.ts";
import type { Session, SessionEvent, SessionStatus } from "../sessions/types.ts";
import { isApiError, resultError } from "./agent_event_text.ts";
import { contentBlocks } from "./event_fields.ts";
import { toObject, toText } from "../system/json_fields.ts";

/** How the wait for an answer ends. */
export type AnswerEnd =
  /** The agent has answered. */
  | { readonly kind: "answered" }
  /** There is no answer, or not all of it. */
  | { readonly kind: "failed"; readonly reason: string }
  /** A permission waits for a person. The answer may go on: the state can be used again. */
  | { readonly kind: "permission" };

/** What to print. */
export type AnswerOutput =
  /** The next piece of the answer. */
  | { readonly kind: "text"; readonly text: string }
  /** A piece of the answer again, because deltas were missing between those that were printed. */
  | { readonly kind: "again"; readonly text: string };

/** The state of {@linkcode trackAnswer}. */
export interface AnswerState {
  /** The id of the session. */
  readonly session: string;
  /** The host whose snapshots show the session; `undefined` for the hub itself. */
  readonly host: string | undefined;
  /** The id of the prompt. */
  readonly promptId: string;
  /**
   * Whether the prompt waits, or the agent has it. `returned`: the agent ended, and the prompt waits again; what the
   * agent had said may still come from its transcript. `done`: the turn is over, and only the session's status is
   * missing.
   */
  readonly phase: "queued" | "sent" | "returned" | "done";
  /** The status at the beginning. A session that was stopped then has not failed. */
  readonly firstStatus: SessionStatus;
  /** Whether the agent has been running since. */
  readonly hasRun: boolean;
  /** The id of the last event that was seen. */
  readonly lastEvent: number;
  /** The newest state of the session, until all events before it were seen. */
  readonly pending: Session | undefined;
  /** The deltas of the text block in progress. */
  readonly block: string;
  /** How much of the block was printed. */
  readonly printed: number;
  /** Whether the next delta continues the block. */
  readonly isContinuous: boolean;
  /** The text in progress when the connection was made again, and the last event before it. */
  readonly resumed: { readonly after: number; readonly partial: string } | undefined;
  /** Whether any text was printed. */
  readonly hasText: boolean;
  /** Whether a line has to end before the next block. */
  readonly needsNewline: boolean;
}

/** The result of {@linkcode trackAnswer}. */
export interface AnswerStep {
  /** The next state. */
  readonly state: AnswerState;
  /** What to print, in order. */
  readonly output: readonly AnswerOutput[];
  /** How the wait ends; `undefined` while it goes on. */
  readonly end: AnswerEnd | undefined;
}

/**
 * Returns the state before the first message after the snapshot.
 *
 * @param session The session as it was before the prompt was sent.
 * @param host The host whose snapshots show it. @default {the hub itself}
 */
export function startAnswer(session: Session, promptId: string, host?: string): AnswerState {
  return {
    session: session.id,
    host,
    promptId,
    phase: "queued",
    firstStatus: session.status,
    hasRun: isRunning(session),
    lastEvent: session.last_event,
    pending: undefined,
    block: "",
    printed: 0,
    isContinuous: true,
    resumed: undefined,
    hasText: false,
    needsNewline: false,
  };
}

/** Processes one message. An event's payload must be complete, and not `{"truncated": …}`. */
export function trackAnswer(state: AnswerState, message: FollowMessage): AnswerStep {
  switch (message.type) {
    case "snapshot": {
      if (message.host !== state.host) return next(state);
      const session = message.sessions.find(({ id }) => id === state.session);
      if (session === undefined) return fail(state, "the session was removed");
      const resumed = { after: session.last_event, partial: message.partial[state.session] ?? "" };
      return checkSession({ ...state, pending: session, resumed, isContinuous: false });
    }
    case "removed":
      return message.session === state.session ? fail(state, "the session was removed") : next(state);
    case "session":
      return message.session.id === state.session ? checkSession({ ...state, pending: message.session }) : next(state);
    case "delta": {
      const isOurs = message.session === state.session && state.phase === "sent";
      return isOurs && message.text !== undefined ? addDelta(state, message.text) : next(state);
    }
    case "notice":
      return next(state);
    case "event": {
      const { event } = message;
      if (event.session !== state.session || event.id <= state.lastEvent) return next(state);
      const step = addEvent({ ...state, lastEvent: event.id }, event);
      if (step.end !== undefined) return step;
      const checked = checkSession(step.state);
      return { ...checked, output: step.output };
    }
  }
}

function next(state: AnswerState, output: readonly AnswerOutput[] = [], end?: AnswerEnd): AnswerStep {
  return { state, output, end };
}

function fail(state: AnswerState, reason: string, output: readonly AnswerOutput[] = []): AnswerStep {
  return next(state, output, { kind: "failed", reason });
}

function isRunning({ status }: Session): boolean {
  return status !== "stopped" && status !== "error";
}

/** Acts on the session's state, once all events that led to it were seen. */
function checkSession(state: AnswerState): AnswerStep {
  const session = state.pending;
  if (session === undefined || session.last_event > state.lastEvent) return next(state);
  const checked = { ...state, pending: undefined, hasRun: state.hasRun || isRunning(session) };
  if (session.permissions.length > 0) return next(checked, [], { kind: "permission" });
  if (isRunning(session)) {
    const isOver = checked.phase === "done" && session.status !== "active";
    return next(checked, [], isOver ? { kind: "answered" } : undefined);
  }
  // A prompt is also done when its agent has died.
  const hasStopped = state.hasRun || session.status !== state.firstStatus || checked.phase === "done";
  if (!hasStopped) return next(checked);
  const why = session.error ?? session.exit?.reason;
  const queued = checked.phase === "queued" || checked.phase === "returned" ? "; the prompt waits in its queue" : "";
  return fail(checked, `the session has stopped${why === undefined ? "" : ` (${why})`}${queued}`);
}

function addDelta(state: AnswerState, text: string): AnswerStep {
  const continued = state.isContinuous ? state : resume(state);
  if (!continued.isContinuous) return next(continued);
  return printBlock({ ...continued, block: continued.block + text }, false);
}

/** Goes on with deltas after a new connection, if the hub's text in progress continues what was printed. */
function resume(state: AnswerState): AnswerState {
  const { resumed, block, lastEvent } = state;
  if (resumed === undefined || lastEvent < resumed.after || block === "") return state;
  if (!resumed.partial.startsWith(block)) return state;
  return { ...state, block: resumed.partial, isContinuous: true, resumed: undefined };
}

/** Prints what is new in the block. */
function printBlock(state: AnswerState, isComplete: boolean): AnswerStep {
  const { block, printed } = state;
  // The second half of a character may come with the next delta.
  const isSplit = !isComplete && /[\ud800-\udbff]$/.test(block);
  const end = isSplit ? block.length - 1 : block.length;
  const text = block.slice(printed, end);
  if (text === "") return next(state);
  const newline = printed === 0 && state.needsNewline ? "\n" : "";
  const printedState = { ...state, printed: end, hasText: true, needsNewline: !text.endsWith("\n") };
  return next(printedState, [{ kind: "text", text: newline + text }]);
}

function addEvent(state: AnswerState, event: SessionEvent): AnswerStep {
  const payload = toObject(event.payload);
  switch (event.type) {
    case "prompt": {
      const change = toText(payload["state"]) || (event.subtype ?? "");
      return payload["prompt_id"] === state.promptId ? addOwnPrompt(state, change) : addOtherPrompt(state, change);
    }
    case "assistant":
      return state.phase === "queued" || isSubAgent(payload) ? next(state) : addAssistant(state, payload);
    case "result":
      return state.phase === "queued" || state.phase === "returned" ? next(state) : addResult(state, payload);
    default:
      return next(state);
  }
}

function isSubAgent(payload: Readonly<Record<string, unknown>>): boolean {
  return toText(payload["parent_tool_use_id"]) !== "";
}

function addOwnPrompt(state: AnswerState, change: string): AnswerStep {
  switch (change) {
    case "returned":
      return next({ ...state, phase: "returned" });
    case "sent":
      return next(beginBlock({ ...state, phase: "sent" }));
    case "removed":
      return fail(state, "the prompt was removed from the queue");
    case "done":
      return next({ ...state, phase: "done" });
    default:
      return next(state);
  }
}

function addOtherPrompt(state: AnswerState, change: string): AnswerStep {
  if (change !== "sent" || state.phase === "queued") return next(state);
  return state.phase === "returned" ? next({ ...state, phase: "queued" }) : next(state, [], { kind: "answered" });
}

/** The next delta begins a block, unless it came before a connection was made again. */
function beginBlock(state: AnswerState): AnswerState {
  const begun = { ...state, block: "", printed: 0 };
  const isCurrent = state.resumed === undefined || state.lastEvent > state.resumed.after;
  return isCurrent ? { ...begun, isContinuous: true, resumed: undefined } : begun;
}

function addAssistant(state: AnswerState, payload: Readonly<Record<string, unknown>>): AnswerStep {
  if (isApiError(payload)) return next(beginBlock(state));
  const texts = contentBlocks(payload).filter(({ type }) => type === "text").map(({ text }) => toText(text));
  const output: AnswerOutput[] = [];
  for (const text of texts) {
    const step = completeBlock(state, text);
    state = step.state;
    output.push(...step.output);
  }
  // A thought or a call of a tool does not end the text in progress.
  return next(state.block === "" ? beginBlock(state) : state, output);
}

function completeBlock(state: AnswerState, text: string): AnswerStep {
  const printed = state.block.slice(0, state.printed);
  if (printed.startsWith(text)) {
    // The deltas of the next block may come before the event of this one.
    return next({ ...state, block: state.block.slice(text.length), printed: state.printed - text.length });
  }
  if (!text.startsWith(printed)) {
    const again = { ...state, block: "", printed: 0, hasText: true, needsNewline: !text.endsWith("\n") };
    return next(again, [{ kind: "again", text }]);
  }
  const { state: complete, output } = printBlock({ ...state, block: text }, true);
  return next({ ...complete, block: "", printed: 0 }, output);
}

function addResult(state: AnswerState, payload: Readonly<Record<string, unknown>>): AnswerStep {
  const isOfTask = toObject(payload["origin"])["kind"] === "task-notification";
  if (isOfTask && state.phase !== "done") return next(state);
  if (payload["is_error"] === true) return fail(state, resultError(payload));
  const text = toText(payload["result"]);
  const output: AnswerOutput[] = state.hasText || text === "" ? [] : [{ kind: "text", text }];
  const printed = { ...state, hasText: state.hasText || text !== "", needsNewline: !text.endsWith("\n") };
  return next(output.length === 0 ? state : printed, output, { kind: "answered" });
}

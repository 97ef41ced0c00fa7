/**
 * Waits until a session has nothing left to do, and returns what its agent said last.
 *
 * @module
 */

import * as v from "valibot";
import type { FollowMessage, HubClient } from "../../hub/hub_client.ts";
import { problemOf, sessionName } from "../../hub/schemas.ts";
import type { Session, SessionEvent, SessionStatus } from "../../sessions/types.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { type Clock, systemClock } from "../../system/clock.ts";
import { isApiError, resultError } from "../agent_event_text.ts";
import { contentBlocks } from "../event_fields.ts";
import { promptIn } from "../hub_event_text.ts";
import { type JsonObject, toObject, toText } from "../../system/json_fields.ts";
import { pendingPermissions } from "../pending_permission.ts";
import { wholeEvent } from "../whole_event.ts";

/** How long to wait by default, in seconds. Clients of the official SDK give up a call after 60 s. */
export const DEFAULT_WAIT_S = 50;
/** How long to wait at most, in seconds. */
const MAX_WAIT_S = 3600;
/** The longest answer, in characters; of a longer one, the end is returned. */
const MAX_ANSWER = 50_000;
/** How many events are read at once to find an answer. */
const PAGE = 50;

/** The parameters of the wait. */
export const SESSION_WAIT_PARAMS = v.strictObject({
  ...sessionName,
  timeout_seconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_WAIT_S))),
});

/** What a wait returns. */
export interface SessionWaitResult {
  /** The id of the session. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** What it is doing. */
  readonly status: SessionStatus;
  /** Whether it was still busy when the time was over. */
  readonly timed_out: boolean;
  /** The last text that the agent said since the newest prompt; `null` if it has said nothing. */
  readonly answer: string | null;
  /** The length of the whole answer in characters, if only its end is returned. */
  readonly answer_length?: number;
  /** Why the last turn failed, or why there is no agent. */
  readonly error?: string;
  /** How many prompts wait in the queue. */
  readonly queued: number;
  /** The permissions that wait for a person. */
  readonly permissions: readonly { readonly id: string; readonly tool_name: string; readonly description?: string }[];
}

/** The statuses in which an agent does nothing until a person does something. */
const SETTLED: ReadonlySet<SessionStatus> = new Set(["idle", "waiting_permission", "stopped", "error"]);

/**
 * Waits until a session has nothing left to do or the time is over.
 *
 * @param args Fit {@linkcode SESSION_WAIT_PARAMS}.
 * @param signal Ends the wait.
 * @throws {ClaustrumError} If the arguments do not fit, or there is no such session, or the hub cannot be reached.
 * @throws The signal's reason.
 */
export async function waitForSession(
  client: HubClient,
  args: JsonObject,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<SessionWaitResult> {
  const problem = problemOf(SESSION_WAIT_PARAMS, args);
  if (problem !== undefined) throw new ClaustrumError(problem);
  const { session_name, timeout_seconds = DEFAULT_WAIT_S } = v.parse(SESSION_WAIT_PARAMS, args);
  const { id, name } = await client.call("session.get", { session_name });
  const timeout = new AbortController();
  const cancel = clock.after(timeout_seconds * 1000, () => timeout.abort());
  try {
    const messages = client.follow({ sessions: [id], signal: AbortSignal.any([signal, timeout.signal]) });
    const settled = await findSettled(messages, id, name);
    signal.throwIfAborted();
    return await describe(client, settled ?? await client.call("session.get", { session_name: id }));
  } finally {
    cancel();
  }
}

/** Returns the session as it is once it has nothing left to do; `undefined` if the messages end before. */
async function findSettled(
  messages: AsyncIterable<FollowMessage>,
  id: string,
  name: string,
): Promise<Session | undefined> {
  for await (const message of messages) {
    if (message.type === "snapshot" || message.type === "session") {
      const session = message.type === "session" ? message.session : message.sessions.find((each) => each.id === id);
      if (session?.id === id && SETTLED.has(session.status)) return session;
    }
    if (message.type === "removed" && message.session === id) {
      throw new ClaustrumError(`session "${name}" was removed`);
    }
  }
  return undefined;
}

async function describe(client: HubClient, session: Session): Promise<SessionWaitResult> {
  const { id, name, status, queue } = session;
  const { text, failure } = await lastAnswer(client, session);
  const hasNoAgent = status === "stopped" || status === "error";
  const error = (hasNoAgent ? session.error ?? session.exit?.reason : undefined) ?? failure;
  const permissions = status === "waiting_permission" ? await pendingPermissions(client, id) : [];
  return {
    id,
    name,
    status,
    timed_out: !SETTLED.has(status),
    // The cut may fall between the two halves of a character.
    answer: text === undefined ? null : text.slice(-MAX_ANSWER).replace(/^[\udc00-\udfff]/, ""),
    ...(text !== undefined && text.length > MAX_ANSWER ? { answer_length: text.length } : {}),
    ...(error === undefined ? {} : { error }),
    queued: queue.length,
    permissions: permissions.map(({ id: permission, tool_name, description }) => (
      { id: permission, tool_name, ...(description === undefined ? {} : { description }) }
    )),
  };
}

/** What an agent has said since the newest prompt. */
interface Answer {
  /** The last text. */
  readonly text?: string | undefined;
  /** Why the turn failed. */
  readonly failure?: string | undefined;
}

/** Finds the last answer. The events of a session are stored before its status changes. */
async function lastAnswer(client: HubClient, session: Session): Promise<Answer> {
  let answer: Answer = {};
  for (const event of await eventsSincePrompt(client, session)) {
    if (event.type !== "prompt") answer = addEvent(answer, await wholeEvent(client, event));
  }
  return answer;
}

/** Returns what was said after the newest prompt was sent, the oldest first. */
async function eventsSincePrompt(client: HubClient, { id, last_event }: Session): Promise<SessionEvent[]> {
  const events: SessionEvent[] = [];
  for (let before = last_event + 1;;) {
    const query = { session_name: id, before, limit: PAGE, types: "prompt,assistant,result" };
    const page = await client.call("session.events", query);
    const prompt = page.findLastIndex((event) => promptIn("sent", event) !== undefined);
    events.unshift(...page.slice(prompt + 1));
    if (page.length === 0 || prompt >= 0) return events;
    before = page[0]!.id;
  }
}

function addEvent(answer: Answer, event: SessionEvent): Answer {
  const payload = toObject(event.payload);
  if (event.type === "result") {
    return payload["is_error"] === true ? { ...answer, failure: resultError(payload) } : answer;
  }
  // What agents say to each other within the session is no answer.
  if (toText(payload["parent_tool_use_id"]) !== "" || isApiError(payload)) return answer;
  const texts = contentBlocks(payload).filter(({ type }) => type === "text").map(({ text }) => toText(text));
  return texts.length === 0 ? answer : { text: texts.join("\n") };
}

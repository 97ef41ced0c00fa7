/**
 * Waits for the answer to a prompt, and prints it as it comes.
 *
 * @module
 */

import type { FollowMessage, HubClient } from "../hub/hub_client.ts";
import type { Session } from "../sessions/types.ts";
import { type AnswerEnd, type AnswerOutput, type AnswerState, trackAnswer } from "./answer_tracker.ts";
import { pendingPermissions } from "./pending_permission.ts";
import { wholeEvent } from "./whole_event.ts";

/** Where an answer is printed. Both functions return whether anybody still reads it. */
export interface AnswerSink {
  /** Prints the next piece. */
  write(text: string): Promise<boolean>;
  /** Prints a piece again, because some of what was printed of it was missing. */
  again(text: string): Promise<boolean>;
}

/** Parameters of {@linkcode waitForAnswer}. */
export interface AnswerWait {
  /** The hub. */
  readonly client: HubClient;
  /** The messages about the session, without the first snapshot. */
  readonly messages: AsyncIterator<FollowMessage>;
  /** The first snapshot, from before the prompt was sent. */
  readonly snapshot: FollowMessage;
  /** The state that the wait begins with. */
  readonly state: AnswerState;
  /** Where the answer is printed. */
  readonly output: AnswerSink;
  /** Whether the answer is printed while it is written, and not only in complete pieces. */
  readonly isStreamed: boolean;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** A snapshot that shows a session. */
export interface ShownSession {
  /** The snapshot. */
  readonly snapshot: Extract<FollowMessage, { type: "snapshot" }>;
  /** The session in it. */
  readonly session: Session;
}

/**
 * Waits for the snapshot that shows a session: that of the hub comes first, and those of other hosts follow.
 *
 * @returns `undefined` if the messages end before it.
 * @throws {HubCallError} If there is no such session.
 */
export async function snapshotWith(
  client: HubClient,
  messages: AsyncIterator<FollowMessage>,
  id: string,
): Promise<ShownSession | undefined> {
  for (;;) {
    const { value, done } = await messages.next();
    if (done) return undefined;
    if (value.type !== "snapshot") continue;
    const session = value.sessions.find((each) => each.id === id);
    if (session !== undefined) return { snapshot: value, session };
    await client.call("session.get", { session_name: id });
  }
}

/**
 * Waits for the answer to a prompt.
 *
 * @returns How it ended; `undefined` if the messages or the output ended before it, or the signal was given.
 */
export async function waitForAnswer(
  { client, messages, snapshot, state, output, isStreamed, signal }: AnswerWait,
): Promise<AnswerEnd | undefined> {
  for (let message: FollowMessage | undefined = snapshot; message !== undefined;) {
    if (isStreamed || message.type !== "delta") {
      const step = trackAnswer(state, await whole(client, message));
      state = step.state;
      for (const piece of step.output) if (!await print(output, piece)) return undefined;
      if (step.end !== undefined && await isFinal(client, state, step.end)) return step.end;
    }
    message = await nextMessage(messages, signal);
  }
  return undefined;
}

/** The next message; `undefined` at the end, or when the signal is given. */
async function nextMessage(
  messages: AsyncIterator<FollowMessage>,
  signal: AbortSignal,
): Promise<FollowMessage | undefined> {
  if (signal.aborted) return undefined;
  try {
    const { done, value } = await messages.next();
    return done || signal.aborted ? undefined : value;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

async function whole(client: HubClient, message: FollowMessage): Promise<FollowMessage> {
  return message.type === "event" ? { ...message, event: await wholeEvent(client, message.event) } : message;
}

function print(output: AnswerSink, { kind, text }: AnswerOutput): Promise<boolean> {
  return kind === "text" ? output.write(text) : output.again(text);
}

/** Whether the wait is over. Another client may have answered a permission meanwhile. */
async function isFinal(client: HubClient, state: AnswerState, end: AnswerEnd): Promise<boolean> {
  return end.kind !== "permission" || (await pendingPermissions(client, state.session)).length > 0;
}

/**
 * Reads the events of the stream, in order: those of all hosts, or those of one session.
 *
 * @module
 */

import { type ConsumerMessages, DeliverPolicy, type JetStreamClient } from "@nats-io/jetstream";
import type { SessionEvent } from "../../sessions/types.ts";
import { parseJson } from "./messages.ts";
import { PART_HEADER, PartJoiner } from "./parts.ts";
import { encodeName } from "./subjects.ts";

/**
 * How soon it is noticed that the server has forgotten a consumer, in milliseconds. With the defaults of the client, one
 * stayed silent for good after the server was killed.
 */
const IDLE_HEARTBEAT_MS = 500;
const EXPIRES_MS = 2_000;
/** How many messages are asked for at once. */
const MAX_MESSAGES = 10_000;

/** Which events to read. */
export interface ReadOptions {
  /** The stream. */
  readonly stream: string;
  /** The subject of the events. */
  readonly subject: string;
  /** Whether those are wanted, too, that are there already. @default {false} */
  readonly isFromStart?: boolean;
  /** Whether the events of a host are wanted; the name is encoded. @default {all} */
  readonly wants?: (encodedHost: string) => boolean;
}

/** Events that are read until it is closed. */
export interface EventReading extends AsyncDisposable {
  /** Settles when nothing is read any more; never rejects. */
  readonly ended: Promise<void>;
}

/**
 * Reads events until the result is disposed of, or the connection is lost. It has begun when it returns.
 *
 * @param take Called with each event, and the encoded name of its host.
 * @throws What the client of NATS throws.
 */
export async function readEvents(
  jetstream: JetStreamClient,
  { stream, subject, isFromStart = false, wants }: ReadOptions,
  take: (event: SessionEvent, encodedHost: string) => void,
): Promise<EventReading> {
  const consumer = await jetstream.consumers.get(stream, {
    // A server before 2.10 knows no list of subjects, and takes one in a text.
    filter_subjects: subject,
    deliver_policy: isFromStart ? DeliverPolicy.All : DeliverPolicy.New,
  });
  const messages = await consumer.consume({
    idle_heartbeat: IDLE_HEARTBEAT_MS,
    expires: EXPIRES_MS,
    max_messages: MAX_MESSAGES,
  });
  const ended = passAll(messages, wants, take);
  return {
    ended,
    async [Symbol.asyncDispose]() {
      messages.stop();
      await ended;
      await consumer.delete().catch(() => {}); // the server forgets it by itself, and it may be gone
    },
  };
}

async function passAll(
  messages: ConsumerMessages,
  wants: ReadOptions["wants"],
  take: (event: SessionEvent, encodedHost: string) => void,
): Promise<void> {
  const joiner = new PartJoiner();
  try {
    for await (const message of messages) {
      const [, host = "", , session] = message.subject.split(".");
      if (wants?.(host) === false) continue;
      const data = joiner.add(message.data, message.headers?.get(PART_HEADER), message.subject);
      if (data === undefined) continue;
      const event = parseJson(data);
      // Who may publish events of a session may still publish what is none.
      if (isEvent(event) && isNamed(event.session, session)) take(event, host);
    }
  } catch {
    // The connection is lost, or the stream is gone: the reader is made again.
  }
}

/** Whether a part of a subject is the name of a session. */
function isNamed(name: string, encoded: string | undefined): boolean {
  return encodeName(name) === encoded;
}

function isEvent(value: unknown): value is SessionEvent {
  if (typeof value !== "object" || value === null) return false;
  const { id, session, seq, at, type } = value as Partial<Record<keyof SessionEvent, unknown>>;
  return Number.isSafeInteger(id) && Number.isSafeInteger(seq) && typeof session === "string" &&
    typeof at === "string" && typeof type === "string";
}

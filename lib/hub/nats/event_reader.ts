/**
 * Reads the events of the stream, in order: those of all hosts, or those of one session.
 *
 * @module
 */

import { DeliverPolicy, type JetStreamClient, type JsMsg } from "@nats-io/jetstream";
import type { SessionEvent } from "../../sessions/types.ts";
import { HubUnreachableError } from "../hub_errors.ts";
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
/** How many messages of the past are asked for at once. */
const PAST_MESSAGES = 1_000;
/** The header that tells hubs of one name apart. */
export const HUB_HEADER = "Hub";
/** How much of a hub's id is sent with each event, in characters. */
const MARK_LENGTH = 12;

/** Which events to read. */
export interface ReadOptions {
  /** The stream. */
  readonly stream: string;
  /** The subject of the events. */
  readonly subject: string;
  /** Whether those are wanted, too, that are there already. @default {false} */
  readonly isFromStart?: boolean;
  /** Returns which hub has the name of a host, which is encoded: events of others are left out. @default {any} */
  readonly hubOf?: (encodedHost: string) => string | undefined;
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
  { stream, subject, isFromStart = false, ...wanted }: ReadOptions,
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
    // A loop over them takes a turn of the event loop and a promise for each.
    callback: passer(wanted, take),
  });
  // Once the connection is lost, or the stream gone, the reader is made again.
  let isOver = false;
  const ended = messages.closed().then(() => void (isOver = true));
  return {
    ended,
    async [Symbol.asyncDispose]() {
      if (isOver) return;
      messages.stop();
      // Now, and not after a turn: the connection may be about to be closed, and its requests with it.
      const deleted = consumer.delete().catch(() => {}); // the server forgets it by itself, and it may be gone
      await ended;
      await deleted;
    },
  };
}

/** Returns what passes messages on that are events. */
function passer(
  { wants, hubOf }: Pick<ReadOptions, "wants" | "hubOf">,
  take: (event: SessionEvent, encodedHost: string) => void,
): (message: JsMsg) => void {
  const joiner = new PartJoiner();
  return (message) => {
    const [, host = "", , session] = message.subject.split(".");
    if (wants?.(host) === false) return;
    const { data, headers, subject } = message;
    // What an agent says may contain an object that fills a part, and looks like an event.
    const whole = joiner.add(data, headers?.get(PART_HEADER), subject);
    const event = whole && parseJson(whole);
    // Who may publish events of a session may still publish what is none.
    if (!isEvent(event) || !isNamed(event.session, session)) return;
    if (isOfHub(headers?.get(HUB_HEADER), hubOf?.(host))) take(event, host);
  };
}

/**
 * Reads the events of one session that the stream has now.
 *
 * @param take Called with each event; returns whether more are wanted.
 * @throws What the client of NATS throws.
 */
export async function readPast(
  jetstream: JetStreamClient,
  { stream, subject, hubOf }: Omit<ReadOptions, "isFromStart" | "wants">,
  take: (event: SessionEvent) => boolean,
): Promise<void> {
  const consumer = await jetstream.consumers.get(stream, {
    filter_subjects: subject,
    deliver_policy: DeliverPolicy.All,
  });
  const joiner = new PartJoiner();
  const [, host = "", , session] = subject.split(".");
  const hub = hubOf?.(host);
  try {
    let { num_pending: left } = await consumer.info();
    while (left > 0) {
      const batch = await consumer.fetch({ max_messages: Math.min(left, PAST_MESSAGES), expires: EXPIRES_MS });
      let count = 0;
      for await (const message of batch) {
        count++;
        left = message.info.pending;
        if (!isOfHub(message.headers?.get(HUB_HEADER), hub)) continue;
        const data = joiner.add(message.data, message.headers?.get(PART_HEADER), message.subject);
        const event = data === undefined ? undefined : parseJson(data);
        if (isEvent(event) && isNamed(event.session, session) && !take(event)) return;
      }
      if (count === 0) throw new HubUnreachableError("the stream of NATS does not answer");
    }
  } finally {
    await consumer.delete().catch(() => {}); // the server forgets it by itself, and it may be gone
  }
}

/** Returns what tells a hub from others of its name in the header of an event. */
export function hubMark(hub: string): string {
  return hub.slice(0, MARK_LENGTH);
}

/** Whether an event is of the hub that has the name; hubs of older versions do not say who they are. */
function isOfHub(told: string | undefined, hub: string | undefined): boolean {
  return told === undefined || told === "" || hub === undefined || told === hubMark(hub);
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

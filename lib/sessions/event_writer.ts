/**
 * Stores the events of a session, and tells those who follow it.
 *
 * @module
 */

import type { EventMessage } from "../agent/message_types.ts";
import { searchText } from "../agent/search_text.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import type { Changes } from "./changes.ts";
import type { SessionRecord } from "./record.ts";
import { iso } from "./session_view.ts";
import type { SessionEvent } from "./types.ts";

/** The session whose events are stored. */
export interface EventSession {
  /** The session as it is now. */
  readonly record: SessionRecord;
  /** Changes fields of the record. */
  set(fields: Partial<SessionRecord>): void;
}

/** What the events of all sessions share. */
export interface EventWriterContext {
  /** The store. */
  readonly store: Store;
  /** The source of time. */
  readonly clock: Clock;
  /** The changes of all sessions. */
  readonly changes: Changes;
}

/** See the module comment. Its methods are called within a change. */
export class EventWriter {
  readonly #session: EventSession;
  readonly #context: EventWriterContext;

  /** Creates the writer of a session. */
  constructor(session: EventSession, context: EventWriterContext) {
    this.#session = session;
    this.#context = context;
  }

  /** Stores an event of the hub's own. */
  note(type: string, subtype: string | undefined, payload: Readonly<Record<string, unknown>>, text?: string): void {
    this.#append({ type, subtype, payload, json: JSON.stringify(payload), text });
  }

  /** Stores an event that the agent or its transcript has; returns whether it is new. */
  noteMessage(message: EventMessage, line: string): boolean {
    const { type, subtype, uuid, json } = message;
    if (uuid !== undefined && this.#mayRepeat() && this.#context.store.events.hasUuid(this.#session.record.id, uuid)) {
      return false;
    }
    this.#append({ type, subtype, uuid, payload: json, json: line, text: searchText(message) });
    return true;
  }

  #append(event: {
    readonly type: string;
    readonly subtype?: string | undefined;
    readonly uuid?: string | undefined;
    readonly payload: unknown;
    readonly json: string;
    readonly text?: string | undefined;
  }): void {
    const { store, clock, changes } = this.#context;
    const { type, subtype, uuid, payload, json, text } = event;
    const { id: session, lastSeq } = this.#session.record;
    const seq = lastSeq + 1;
    const at = clock.now();
    const id = store.events.append({
      session,
      seq,
      at,
      type,
      payload: json,
      ...(subtype === undefined ? {} : { subtype }),
      ...(uuid === undefined ? {} : { uuid }),
      ...(text === undefined ? {} : { text }),
    });
    this.#session.set({ lastSeq: seq, lastEvent: id });
    const shown: SessionEvent = {
      id,
      session,
      seq,
      at: iso(at),
      type,
      ...(subtype === undefined ? {} : { subtype }),
      payload,
    };
    changes.publish({ type: "event", event: shown });
  }

  /** Whether messages may come twice: from the output, and from the transcript. */
  #mayRepeat(): boolean {
    const { process, terminal } = this.#session.record;
    return process?.hasGap === true || terminal !== null;
  }
}

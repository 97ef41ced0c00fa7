/**
 * Publishes what happens in the sessions of this hub and is not kept: their states, and messages in progress.
 *
 * @module
 */

import type { LiveMessage } from "../../sessions/types.ts";
import { shownMessage } from "../event_size.ts";
import type { LiveEnvelope } from "./rpc_types.ts";
import { liveSubject } from "./subjects.ts";

/** Publishes a text under a subject; the key names it. Does nothing while there is no connection. */
export type PublishLive = (subject: string, text: string, key: string) => void;

/** See the module comment. */
export class LivePublisher {
  readonly #host: string;
  readonly #publish: PublishLive;
  /** The id of the last event of each session. */
  readonly #lastEvents = new Map<string, number>();
  #number = 0;

  /** @param host The name of this hub. */
  constructor(host: string, publish: PublishLive) {
    this.#host = host;
    this.#publish = publish;
  }

  /** The number of the last message. */
  get number(): number {
    return this.#number;
  }

  /** Publishes a message, unless it is an event: events are kept, and go their own way. */
  take(message: LiveMessage): void {
    if (message.type === "event") {
      this.#lastEvents.set(message.event.session, message.event.id);
      return;
    }
    const session = message.type === "session" ? message.session.id : message.session;
    // The last events of a session that is removed may be gone before they were published.
    const after = message.type === "removed" ? 0 : this.#lastEvents.get(session) ?? 0;
    if (message.type === "removed") this.#lastEvents.delete(session);
    const envelope: LiveEnvelope = { n: ++this.#number, after, message: shownMessage(message) };
    this.#publish(liveSubject(this.#host, session), JSON.stringify(envelope), String(this.#number));
  }
}

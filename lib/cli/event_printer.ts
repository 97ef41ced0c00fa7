/**
 * Turns the messages about a session into text for a person, one after the other.
 *
 * @module
 */

import type { FollowMessage } from "../hub/hub_client.ts";
import type { Session, SessionEvent } from "../sessions/types.ts";
import { EventMemory, type EventTextOptions, formatAnswerCommands, formatEvent } from "./event_text.ts";

/** Formats the events of one session in order. */
export class EventPrinter {
  readonly #session: Session;
  readonly #memory = new EventMemory();
  /** The permissions that wait. */
  #pending: ReadonlySet<string>;
  /** The permissions that were shown with the commands that answer them. */
  readonly #explained = new Set<string>();

  /** @param session The session as it is now. */
  constructor(session: Session) {
    this.#session = session;
    this.#pending = new Set(session.permissions);
  }

  /** Returns the text of an event; `undefined` if it says nothing to a person. */
  event(event: SessionEvent, layout: Pick<EventTextOptions, "columns" | "isColored">): string | undefined {
    const known = new Set(this.#memory.permissions.keys());
    const text = formatEvent(event, this.#options(layout));
    for (const id of this.#memory.permissions.keys()) {
      if (!known.has(id) && this.#pending.has(id)) this.#explained.add(id);
    }
    return text;
  }

  /** Returns the text of a message; `undefined` if it says nothing to a person. */
  message(message: FollowMessage, layout: Pick<EventTextOptions, "columns" | "isColored">): string | undefined {
    switch (message.type) {
      case "event":
        return this.event(message.event, layout);
      case "snapshot":
        return this.#setPending(message.sessions.find(({ id }) => id === this.#session.id), layout);
      case "session":
        return this.#setPending(message.session, layout);
      case "delta":
      case "removed":
        return undefined;
    }
  }

  /** Explains the permissions that began to wait. Those that a rule or the policy answers at once never do. */
  #setPending(
    session: Session | undefined,
    layout: Pick<EventTextOptions, "columns" | "isColored">,
  ): string | undefined {
    if (session === undefined || session.id !== this.#session.id) return undefined;
    this.#pending = new Set(session.permissions);
    const texts = session.permissions.flatMap((id) => {
      const permission = this.#memory.permissions.get(id);
      if (permission === undefined || this.#explained.has(id)) return [];
      this.#explained.add(id);
      return [formatAnswerCommands(permission, this.#options(layout))];
    });
    return texts.length === 0 ? undefined : texts.join("\n");
  }

  #options(layout: Pick<EventTextOptions, "columns" | "isColored">): EventTextOptions {
    return { ...layout, session: this.#session.name, memory: this.#memory, pending: this.#pending };
  }
}

/**
 * Turns the messages about a session into text for a person, one after the other.
 *
 * @module
 */

import type { FollowMessage } from "../hub/hub_client.ts";
import type { Session, SessionEvent } from "../sessions/types.ts";
import { EventMemory, type EventTextOptions } from "./event_context.ts";
import { formatEvent } from "./event_text.ts";
import { formatAnswerCommands, promptIn } from "./hub_event_text.ts";

type Layout = Pick<EventTextOptions, "columns" | "isColored">;

/**
 * Formats the events of one session in order. A prompt that an idle agent gets at once is shown once, when it is sent;
 * one that waits is also shown when it is queued.
 */
export class EventPrinter {
  readonly #session: Session;
  readonly #memory = new EventMemory();
  /** The permissions that wait. */
  #pending: ReadonlySet<string>;
  /** The permissions that were shown with the commands that answer them. */
  readonly #explained = new Set<string>();
  /** The prompts that wait. */
  #queue: ReadonlySet<string>;
  /** The event before, if it queued a prompt of which it is not known yet whether it has to wait. */
  #held: SessionEvent | undefined;

  /** @param session The session as it is now. */
  constructor(session: Session) {
    this.#session = session;
    this.#pending = new Set(session.permissions);
    this.#queue = idsOf(session.queue);
  }

  /** Takes an event that is not shown, and that later ones may refer to. */
  remember(event: SessionEvent): void {
    formatEvent(event, this.#options({ columns: Infinity, isColored: false }));
    for (const id of this.#memory.permissions.keys()) this.#explained.add(id);
  }

  /** Returns the text of an event; `undefined` if it says nothing to a person. */
  event(event: SessionEvent, layout: Layout): string | undefined {
    const isSent = this.#held !== undefined && promptIn("sent", event) === promptIn("queued", this.#held);
    // Formatting it tells the memory what the prompt says.
    const rest = this.rest(layout);
    const before = isSent ? undefined : rest;
    const queued = promptIn("queued", event);
    if (queued === undefined || this.#queue.has(queued)) return joined([before, this.#format(event, layout)]);
    this.#held = event;
    return before;
  }

  /** Returns the text of a prompt that was queued, and is not known to have been sent; `undefined` without one. */
  rest(layout: Layout): string | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held && this.#format(held, layout);
  }

  #format(event: SessionEvent, layout: Layout): string | undefined {
    const known = new Set(this.#memory.permissions.keys());
    const text = formatEvent(event, this.#options(layout));
    for (const id of this.#memory.permissions.keys()) {
      if (!known.has(id) && this.#pending.has(id)) this.#explained.add(id);
    }
    return text;
  }

  /** Returns the text of a message; `undefined` if it says nothing to a person. */
  message(message: FollowMessage, layout: Layout): string | undefined {
    switch (message.type) {
      case "event":
        return this.event(message.event, layout);
      case "snapshot":
        return this.#setSession(message.sessions.find(({ id }) => id === this.#session.id), layout);
      case "session":
        return this.#setSession(message.session, layout);
      case "delta":
      case "removed":
      case "notice":
        return undefined;
    }
  }

  /**
   * Shows the prompt and explains the permissions that began to wait. Permissions that a rule or the policy answers at
   * once never do.
   */
  #setSession(session: Session | undefined, layout: Layout): string | undefined {
    if (session === undefined || session.id !== this.#session.id) return undefined;
    this.#pending = new Set(session.permissions);
    this.#queue = idsOf(session.queue);
    const queued = this.#held && promptIn("queued", this.#held);
    const waiting = queued !== undefined && this.#queue.has(queued) ? this.rest(layout) : undefined;
    const texts = session.permissions.flatMap((id) => {
      const permission = this.#memory.permissions.get(id);
      if (permission === undefined || this.#explained.has(id)) return [];
      this.#explained.add(id);
      return [formatAnswerCommands(permission, this.#options(layout))];
    });
    return joined([waiting, ...texts]);
  }

  #options(layout: Layout): EventTextOptions {
    return { ...layout, session: this.#session.name, memory: this.#memory, pending: this.#pending };
  }
}

function idsOf(items: readonly { readonly id: string }[]): ReadonlySet<string> {
  return new Set(items.map(({ id }) => id));
}

/** Joins texts; `undefined` if there is none. */
function joined(texts: readonly (string | undefined)[]): string | undefined {
  const given = texts.filter((text) => text !== undefined);
  return given.length === 0 ? undefined : given.join("\n");
}

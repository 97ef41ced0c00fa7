/**
 * The answers in progress: what agents have said since their last whole message.
 *
 * @module
 */

import type { SessionEvent } from "../../sessions/types.ts";
import { toObject, toText } from "../text/fields.ts";

/** An answer in progress. */
export interface AnswerInProgress {
  /** What the agent says. */
  readonly text: string;
  /** What the agent thinks. */
  readonly thinking: string;
}

const EMPTY: AnswerInProgress = { text: "", thinking: "" };
/** The types of events with which an answer in progress is over. */
const ENDS: ReadonlySet<string> = new Set(["assistant", "result", "status"]);

/** The answers in progress of all sessions. */
export class AnswersInProgress {
  readonly #answers = new Map<string, AnswerInProgress>();
  /** By host: events up to this one were before the answers of the snapshot began. */
  readonly #since = new Map<string | undefined, number>();

  /** Returns the answer in progress of a session. */
  of(session: string): AnswerInProgress {
    return this.#answers.get(session) ?? EMPTY;
  }

  /**
   * Takes a snapshot's answers in progress, by session.
   *
   * @param lastEvent The id of the newest event at that time. Events up to it may still follow.
   * @param host The host that the snapshot is about. @default {the hub itself}
   * @param isOther Whether a session is on another one.
   */
  takeSnapshot(
    partial: Readonly<Record<string, string>>,
    lastEvent: number,
    host?: string,
    isOther: (session: string) => boolean = () => false,
  ): void {
    this.#since.set(host, lastEvent);
    for (const session of this.#answers.keys()) {
      if (!isOther(session)) this.#answers.delete(session);
    }
    for (const [session, text] of Object.entries(partial)) this.#answers.set(session, { text, thinking: "" });
  }

  /** Adds a piece. */
  takeDelta({ session, text = "", thinking = "" }: { session: string; text?: string; thinking?: string }): void {
    const before = this.of(session);
    this.#answers.set(session, { text: before.text + text, thinking: before.thinking + thinking });
  }

  /** Ends an answer in progress where its whole message is there. */
  takeEvent({ host, id, session, type, payload }: SessionEvent): void {
    if (!ENDS.has(type) || id <= (this.#since.get(host) ?? 0)) return;
    // Agents that the session's agent has started speak in between.
    if (toText(toObject(payload)["parent_tool_use_id"]) === "") this.#answers.delete(session);
  }
}

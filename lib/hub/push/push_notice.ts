/**
 * What people are told of while no page of the hub is open: a session needs them, has finished what took a while, or has
 * failed. Notices contain nothing that people or agents said.
 *
 * @module
 */

import type { LiveMessage, Session, SessionStatus } from "../../sessions/types.ts";
import type { Clock } from "../../system/clock.ts";
import type { PushNotice } from "./push_types.ts";

/** How long a session must have worked for its end to be told, in milliseconds. */
const LONG_MS = 30_000;
/** The statuses in which a session works, or waits for a person in the middle of it. */
const BUSY: ReadonlySet<SessionStatus> = new Set(["active", "waiting_permission"]);

/** The sessions, as far as notices need them. */
export interface WatchedSessions {
  /** Returns all sessions. */
  list(): readonly Session[];
}

/** What is known of a session. */
interface Known {
  readonly status: SessionStatus;
  readonly permissions: readonly string[];
  /** Since when it works, and how many turns it had then; `undefined` while it does not work. */
  readonly work: { readonly since: number; readonly turns: number } | undefined;
}

/** Finds out what is worth telling, from what followers of sessions receive. */
export class SessionWatch {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  /** What is there already is not told: who has it open has seen it, and a former hub has told it. */
  constructor(sessions: WatchedSessions, clock: Clock) {
    this.#clock = clock;
    for (const session of sessions.list()) this.#note(session);
  }

  /** Takes a message; returns what is worth telling. */
  take(message: LiveMessage): PushNotice | undefined {
    if (message.type === "removed") this.#known.delete(message.session);
    if (message.type !== "session") return undefined;
    const { session } = message;
    const before = this.#known.get(session.id);
    this.#note(session);
    return this.#noticeOf(session, before);
  }

  #note({ id, status, permissions, turns }: Session): void {
    const work = BUSY.has(status) ? this.#known.get(id)?.work ?? { since: this.#clock.elapsed(), turns } : undefined;
    this.#known.set(id, { status, permissions, work });
  }

  #noticeOf({ id, status, permissions, turns }: Session, before: Known | undefined): PushNotice | undefined {
    const permission = permissions.findLast((each) => !before?.permissions.includes(each));
    if (permission !== undefined) {
      return { kind: "needs_you", session: id, permission, path: `/permissions/${encodeURIComponent(permission)}` };
    }
    const path = `/sessions/${encodeURIComponent(id)}`;
    if (status === "error" && before?.status !== "error") return { kind: "failed", session: id, path };
    const work = before?.work;
    const hasFinished = status === "idle" && work !== undefined && turns > work.turns &&
      this.#clock.elapsed() - work.since >= LONG_MS;
    return hasFinished ? { kind: "finished", session: id, path } : undefined;
  }
}

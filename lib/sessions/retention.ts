/**
 * How long events are kept. Old ones go from time to time, in steps of some milliseconds, so that sessions go on
 * meanwhile; so do those of a session that was removed. Such a session is marked first, and its row goes last: a hub
 * that is killed in between goes on with the removal when it comes back.
 *
 * @module
 */

import type { Store } from "../store/store.ts";
import type { SessionRow } from "../store/sessions.ts";
import type { Clock } from "../system/clock.ts";
import type { Changes } from "./changes.ts";
import type { SessionSettings } from "./settings.ts";

/** What {@linkcode Retention} works with. */
export interface RetentionOptions {
  /** The store. */
  readonly store: Store;
  /** The changes of all sessions. */
  readonly changes: Changes;
  /** The source of time. */
  readonly clock: Clock;
  /** How much is kept. */
  readonly settings: Pick<SessionSettings, "keepDays" | "keepMb">;
  /** Returns the ids of the sessions whose agents run. */
  readonly live: () => readonly string[];
  /** Takes work that runs in the background. */
  readonly track: (work: Promise<void>) => void;
}

/** How long after opening old events go for the first time, in milliseconds. */
const FIRST_MS = 10_000;
/** How often old events go, in milliseconds. */
const INTERVAL_MS = 3_600_000;
/** The rest between two steps, in milliseconds, which others have for themselves. */
const REST_MS = 5;
const DAY_MS = 86_400_000;
/** The status of a session that is being removed. */
export const REMOVED = "removed";

/** See the module comment. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #removing = new Set<string>();
  #cancel: () => void = () => {};
  #isClosed = false;

  /** Begins some seconds later. */
  constructor(options: RetentionOptions) {
    this.#options = options;
    const { keepDays, keepMb } = options.settings;
    if (keepDays > 0 || keepMb > 0) this.#schedule(FIRST_MS);
  }

  /** Whether a session is being removed, so that its events are no longer shown. */
  isRemoving(session: string): boolean {
    return this.#removing.has(session);
  }

  /** Goes on with the removal of a session that was marked before; returns false if it was not. */
  goOn({ id, status }: SessionRow): boolean {
    if (status !== REMOVED) return false;
    this.#removing.add(id);
    this.#options.track(this.#remove(id));
    return true;
  }

  /**
   * Removes a stopped session; it is not to be found from now on. To be called within a change.
   *
   * @param close Lets go of the session, after the change.
   */
  remove(row: SessionRow, close: () => Promise<void>): void {
    const { store, changes, track } = this.#options;
    // Its name is free for another session.
    const marked = { ...row, name: `${REMOVED} ${row.id}`, status: REMOVED };
    store.sessions.update(marked);
    changes.after(() => {
      this.#removing.add(row.id);
      const removing = close().then(async () => {
        // What was under way when the session was closed may have saved it.
        await changes.persist(() => store.sessions.update(marked));
        await this.#remove(row.id);
      });
      track(removing);
    });
  }

  /** Does nothing from now on; a step that is being done has ended. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #schedule(ms: number): void {
    const { clock, track } = this.#options;
    this.#cancel = clock.after(ms, () => {
      this.#schedule(INTERVAL_MS);
      track(this.#prune());
    });
  }

  async #prune(): Promise<void> {
    const { store, clock, settings: { keepDays, keepMb } } = this.#options;
    const before = keepDays > 0 ? clock.now() - keepDays * DAY_MS : -Infinity;
    const maxBytes = keepMb > 0 ? keepMb * 2 ** 20 : Infinity;
    const turns = new Map<string, number>();
    const spare = (session: string, seq: number) => seq >= (turns.get(session) ?? Infinity);
    while (!this.#isClosed) {
      this.#findTurns(turns);
      if (store.events.prune({ before, maxBytes, spare }) === 0) return;
      await rest();
    }
  }

  /** Finds the first events of the current turns of running sessions. */
  #findTurns(turns: Map<string, number>): void {
    const { store, live } = this.#options;
    for (const session of live()) {
      if (turns.has(session)) continue;
      turns.set(session, store.events.lastOf(session, { type: "prompt", subtype: "sent" })?.seq ?? Infinity);
    }
  }

  async #remove(session: string): Promise<void> {
    const { store, changes } = this.#options;
    for (let removed = 1; removed > 0;) {
      if (this.#isClosed) return;
      await changes.persist(() => void (removed = store.events.removeOf(session)));
      await rest();
    }
    if (this.#isClosed) return;
    await changes.persist(() => store.sessions.delete(session));
    this.#removing.delete(session);
    while (!this.#isClosed && store.events.reclaim()) await rest();
  }
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REST_MS));
}

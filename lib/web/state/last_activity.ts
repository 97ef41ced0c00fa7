/**
 * Reads what sessions did last, for those that have done nothing since the page was opened.
 *
 * @module
 */

import { type HubApi, HubProblem } from "../api/client.ts";
import { activityOf, type HubState } from "./hub_state.ts";

/** How many sessions are read at once. */
const AT_ONCE = 4;
/** How many messages of the agent are read: the last of them may say nothing. */
const EVENTS = 3;

/** Reads what sessions did last, a few at a time, and each once. */
export class LastActivity {
  readonly #api: Pick<HubApi, "call">;
  readonly #hub: HubState;
  readonly #asked = new Set<string>();
  readonly #todo: string[] = [];
  #running = 0;

  /**
   * @param api Calls operations.
   * @param hub What is known of the hub; it gets what was read.
   */
  constructor(api: Pick<HubApi, "call">, hub: HubState) {
    this.#api = api;
    this.#hub = hub;
  }

  /** Reads what a session did last, unless that is known. */
  want(session: string): void {
    if (this.#asked.has(session) || this.#hub.activity.peek().has(session)) return;
    this.#asked.add(session);
    this.#todo.push(session);
    if (this.#running < AT_ONCE) void this.#work();
  }

  async #work(): Promise<void> {
    this.#running++;
    for (let session = this.#todo.shift(); session !== undefined; session = this.#todo.shift()) {
      try {
        await this.#read(session);
      } catch (error) {
        // The session was removed, or the connection was lost: the card then says nothing about it.
        if (!(error instanceof HubProblem)) throw error;
      }
    }
    this.#running--;
  }

  async #read(session: string): Promise<void> {
    const query = { session_name: session, types: "assistant", before: Number.MAX_SAFE_INTEGER, limit: EVENTS };
    const events = await this.#api.call("session.events", query);
    const text = events.map(activityOf).findLast((text) => text !== undefined);
    // What has happened since is newer.
    if (text !== undefined && !this.#hub.activity.peek().has(session)) this.#hub.noteActivity(session, text);
  }
}

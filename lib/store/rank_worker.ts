/**
 * The worker that searches for the best matches, so that the program can do other things in the meantime.
 *
 * @module
 */

import { systemClock } from "../system/clock.ts";
import { Database } from "./database.ts";
import { EventTable } from "./events.ts";
import type { FoundEvent, SearchOptions } from "./event_types.ts";
import { SessionKeys } from "./sessions.ts";

/** The request to the worker. */
export interface RankRequest extends SearchOptions {
  /** The file of the store. */
  readonly path: string;
  /** How long to search, in milliseconds. */
  readonly ms: number;
}

/** The answer of the worker: the events, or why there are none. */
export type RankReply = { readonly found: readonly FoundEvent[] } | { readonly problem: string };

/** The part of a worker's global scope that is used here; the available types are those of a window. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<RankRequest>) => void) | null;
  postMessage(reply: RankReply): void;
}

/** Handles one request in a worker. */
export function serveRanking(): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => scope.postMessage(rank(data));
}

function rank({ path, ms, ...options }: RankRequest): RankReply {
  try {
    using database = Database.openToRead(path);
    // Parts of the index that are dropped meanwhile stay there for this transaction.
    database.exec("BEGIN");
    const events = new EventTable(database, new SessionKeys(database), systemClock);
    const end = systemClock.elapsed() + ms;
    return { found: events.searchBest(options, () => systemClock.elapsed() >= end) };
  } catch (error) {
    // An error itself would lose its type on the way.
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

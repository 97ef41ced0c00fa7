/**
 * Counts the requests at the hub's web address.
 *
 * @module
 */

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]);

/** How many requests there were of a kind. */
export interface RequestCount {
  /** The method; `other` for unusual ones, so that clients cannot make the list grow. */
  readonly method: string;
  /** The class of the status, such as `2xx`. */
  readonly status: string;
  /** How many. */
  readonly count: number;
}

/** Counts requests by method and class of status. */
export class RequestCounts {
  readonly #counts = new Map<string, Map<number, number>>();

  /** Counts an answered request. */
  note(method: string, status: number): void {
    const name = METHODS.has(method) ? method : "other";
    let byStatus = this.#counts.get(name);
    if (byStatus === undefined) this.#counts.set(name, byStatus = new Map());
    const kind = Math.floor(status / 100);
    byStatus.set(kind, (byStatus.get(kind) ?? 0) + 1);
  }

  /** Returns the counts, sorted by method and status. */
  list(): RequestCount[] {
    return [...this.#counts].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([method, byStatus]) =>
      [...byStatus].sort(([a], [b]) => a - b).map(([kind, count]) => ({ method, status: `${kind}xx`, count }))
    );
  }
}

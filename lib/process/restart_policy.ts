/**
 * When a process is started again after it has ended, and how long to wait before that.
 *
 * @module
 */

/** The first pause before a process is started again, in milliseconds; it doubles with every restart in a row. */
const FIRST_PAUSE_MS = 250;
/** The longest pause, in milliseconds. */
const MAX_PAUSE_MS = 30_000;
/** A process that has run for this long has started well: the next restart is the first one in a row. */
const STEADY_MS = 10_000;

/** When a process is started again after it has ended by itself. */
export type RestartPolicy =
  /** Whenever it ends. */
  | { readonly kind: "always" }
  /** Whenever it fails, at most so many times in a row. */
  | { readonly kind: "on-failure"; readonly most: number };

/**
 * Parses `no`, `always`, `on-failure` or `on-failure:N`.
 *
 * @returns The policy; `undefined` for `no` and the empty text.
 * @throws {SyntaxError} If the text is none of these.
 */
export function parseRestartPolicy(text: string): RestartPolicy | undefined {
  if (text === "" || text === "no") return undefined;
  if (text === "always") return { kind: "always" };
  const most = /^on-failure(?::([1-9]\d{0,8}))?$/.exec(text);
  if (most === null) throw new SyntaxError(`Cannot parse restart policy: "${text}"`);
  return { kind: "on-failure", most: most[1] === undefined ? Infinity : Number(most[1]) };
}

/** Formats a policy as {@linkcode parseRestartPolicy} reads it. */
export function formatRestartPolicy(policy: RestartPolicy): string {
  if (policy.kind === "always") return policy.kind;
  return policy.most === Infinity ? policy.kind : `${policy.kind}:${policy.most}`;
}

/** Decides about the restarts of one process. */
export class RestartCounter {
  readonly #policy: RestartPolicy | undefined;
  #inARow = 0;
  #total = 0;

  /** Starts counting from 0. */
  constructor(policy: RestartPolicy | undefined) {
    this.#policy = policy;
  }

  /** How often the process was started again. */
  get total(): number {
    return this.#total;
  }

  /** Counts a restart, by the policy or because a client asked for it. */
  noteRestart(): void {
    this.#total++;
  }

  /**
   * Decides whether a process that has ended by itself is started again.
   *
   * @param hasFailed Whether it ended by a signal or with an exit code other than 0.
   * @param ranMs How long it ran, in milliseconds.
   * @returns How long to wait before that, in milliseconds; `undefined` if it stays ended.
   */
  pauseAfter(hasFailed: boolean, ranMs: number): number | undefined {
    if (this.#policy === undefined) return undefined;
    if (ranMs >= STEADY_MS) this.#inARow = 0;
    if (this.#policy.kind === "on-failure" && (!hasFailed || this.#inARow >= this.#policy.most)) return undefined;
    return Math.min(FIRST_PAUSE_MS * 2 ** this.#inARow++, MAX_PAUSE_MS);
  }
}

/**
 * What git says while it clones: how far it is, and in the end why it failed.
 *
 * @module
 */

/** How far a clone is. */
export interface CloneStep {
  /** The step, such as `Receiving objects`. */
  readonly phase: string;
  /** How much of it is done; absent if git does not say. */
  readonly percent?: number;
}

/** `Receiving objects:  12% (1/8), …`, `Cloning into …`; the server's own steps begin with `remote: `. */
const STEP = /^(?:remote: )?(?<phase>[A-Z][a-z]+(?: [a-z]+){0,3}):\s+(?:(?<percent>\d{1,3})%|\d+(?:, done\.?)?\s*$)/;
/** Control characters, among them those that begin escape sequences. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f]+/g;
/** The longest line that is looked at, in characters. */
const MAX_LINE = 4_096;
/** How much of what git says is kept, in lines. */
const MAX_LINES = 20;
/** The longest explanation, in characters. */
const MAX_EXPLANATION = 1_000;

/** Reads git's stderr. */
export class CloneProgress {
  #rest = "";
  #lines: string[] = [];
  #step: CloneStep | undefined;
  readonly #decoder = new TextDecoder();

  /** How far the clone is; `undefined` before the first step. */
  get step(): CloneStep | undefined {
    return this.#step;
  }

  /** Takes a piece of stderr; returns whether the step has changed. */
  push(bytes: Uint8Array): boolean {
    const before = this.#step;
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/[\r\n]/);
    this.#rest = lines.pop()!.slice(0, MAX_LINE);
    for (const line of lines) this.#take(line.slice(0, MAX_LINE));
    return this.#step?.phase !== before?.phase || this.#step?.percent !== before?.percent;
  }

  /** Says why git failed, in its own words. */
  explain(): string {
    this.#take(this.#rest);
    this.#rest = "";
    const fatal = this.#lines.filter((line) => /^(?:fatal|error|ERROR|ssh|remote):|denied|failed/.test(line));
    const said = (fatal.length > 0 ? fatal : this.#lines).join("; ");
    return said.slice(0, MAX_EXPLANATION);
  }

  #take(text: string): void {
    const line = text.replaceAll(CONTROL, " ").trim();
    if (line === "") return;
    const step = STEP.exec(line)?.groups;
    if (step?.["phase"] === undefined) {
      this.#lines = [...this.#lines, line].slice(-MAX_LINES);
      return;
    }
    const { phase, percent } = step;
    this.#step = { phase, ...(percent === undefined ? {} : { percent: Math.min(100, Number(percent)) }) };
  }
}

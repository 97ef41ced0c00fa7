/**
 * What a person does to a terminal: typing, and changing its size.
 *
 * @module
 */

import { SessionError } from "./session_error.ts";
import type { TerminalSize } from "./sessions.ts";
import { keysCommand } from "./tmux_control.ts";

/** The limits of a terminal's width and height, in characters. */
const [MIN_SIZE, MAX_SIZE] = [2, 500];
/** How many bytes one command types: tmux takes a time that grows with the square of it. */
const KEYS_BYTES = 256;
/** How many commands that type may wait for their replies. */
const MAX_TYPING = 16;

/** Which terminal it is. */
export interface InputTarget {
  /** tmux's id of its session. */
  readonly tmuxId: string;
  /** tmux's id of the pane. */
  readonly pane: string;
}

/** Types into a pane and changes its size, one thing after the other. */
export class TerminalInput {
  readonly #target: InputTarget;
  readonly #run: (commands: readonly string[]) => Promise<unknown>;
  /** The end of what is being typed. */
  #typing: Promise<void> = Promise.resolve();
  #wantedSize: TerminalSize | undefined;
  #resizing: Promise<void> | undefined;

  /**
   * Creates the input of a pane.
   *
   * @param run Has tmux run commands; settles with its replies.
   */
  constructor(target: InputTarget, run: (commands: readonly string[]) => Promise<unknown>) {
    this.#target = target;
    this.#run = run;
  }

  /** Types bytes after those of earlier calls; settles when tmux has them. */
  write(bytes: Uint8Array): Promise<void> {
    // The caller may modify its array.
    const copy = bytes.slice();
    const written = this.#typing.then(() => this.#type(copy));
    this.#typing = written.catch(() => {}); // whoever has written it is told
    return written;
  }

  /**
   * Changes the size. Of several sizes at a time, the last one counts.
   *
   * @throws {SessionError} If a number is out of range.
   */
  async resize(size: TerminalSize): Promise<void> {
    checkSize(size);
    this.#wantedSize = size;
    await (this.#resizing ??= this.#applySizes());
  }

  async #type(bytes: Uint8Array): Promise<void> {
    const { pane } = this.#target;
    const replies: Promise<unknown>[] = [];
    for (let at = 0; at < bytes.length; at += KEYS_BYTES) {
      const keys = keysCommand(pane, bytes.subarray(at, at + KEYS_BYTES));
      // Somebody else may look at the lines above, where keys would not reach the program.
      const reply = this.#run([`copy-mode -q -t ${pane}`, keys]);
      reply.catch(() => {}); // an earlier one may fail first
      replies.push(reply);
      if (replies.length >= MAX_TYPING) await replies.shift();
    }
    await Promise.all(replies);
  }

  async #applySizes(): Promise<void> {
    try {
      for (let size = this.#wantedSize; size !== undefined; size = this.#wantedSize) {
        this.#wantedSize = undefined;
        // By default a window has the size of the client that was active last. Switching to its session makes it that.
        await this.#run([`switch-client -E -t '${this.#target.tmuxId}:'`, sizeCommand(size)]);
      }
    } finally {
      this.#resizing = undefined;
    }
  }
}

/**
 * Checks the size of a terminal.
 *
 * @throws {SessionError} If a number is out of range.
 */
export function checkSize(size: TerminalSize): void {
  for (const [name, value] of [["columns", size.columns], ["rows", size.rows]] as const) {
    if (Number.isInteger(value) && value >= MIN_SIZE && value <= MAX_SIZE) continue;
    throw new SessionError("bad_params", `${name} ${value} must be a whole number from ${MIN_SIZE} to ${MAX_SIZE}`);
  }
}

/** Returns the command that tells tmux the size of its client. */
export function sizeCommand({ columns, rows }: TerminalSize): string {
  return `refresh-client -C ${columns}x${rows}`;
}

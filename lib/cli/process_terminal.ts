/**
 * The person's side of a process in a terminal: keys, size, and how the screen is found and left.
 *
 * @module
 */

import type { RemoteProcess } from "../client/remote_process.ts";
import type { TerminalSize } from "../client/terminal_command.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { CTRL_C, type DetachKey } from "./detach_key.ts";
import { hasNoReader, printMessage, writeStderr } from "./print.ts";
import { showId } from "./process_text.ts";
import { ownSize, RawTerminal } from "./raw_terminal.ts";
import { ScreenModes } from "./screen_modes.ts";
import type { ScreenSnapshot } from "./screen_snapshot.ts";

/** Options of a {@linkcode ProcessTerminal}. */
export interface ProcessTerminalOptions {
  /** The key that detaches. */
  readonly detachKey: DetachKey;
  /** What the process shows already. @default {nothing} */
  readonly snapshot?: ScreenSnapshot | undefined;
  /** Whether the size of the process's terminal is set at the beginning, too. */
  readonly isAttaching: boolean;
}

/** The person's side of a process in a terminal. */
export class ProcessTerminal {
  readonly #options: ProcessTerminalOptions;
  readonly #modes: ScreenModes;
  readonly #isShown = Deno.stdout.isTerminal();
  readonly #onResize = () => this.#requestResize();
  #raw: RawTerminal | undefined;
  #isBegun = false;
  #resized: RemoteProcess | undefined;
  #isResizeDue = false;
  #resizing: Promise<void> | undefined;

  /** Whether keys are typed in a terminal. Otherwise input is passed on as it is, and ctrl-C is a signal. */
  readonly hasKeys: boolean = Deno.stdin.isTerminal();

  /** Changes nothing yet. */
  constructor(options: ProcessTerminalOptions) {
    this.#options = options;
    this.#modes = options.snapshot?.modes ?? new ScreenModes();
  }

  /**
   * Sets the person's terminal up, and shows what the process shows.
   *
   * @param isObserver Whether the person only looks: the size stays as it is.
   * @throws {ClaustrumError} If the terminal cannot be set up.
   */
  async begin(process: RemoteProcess, isObserver: boolean): Promise<void> {
    const { snapshot, detachKey, isAttaching } = this.#options;
    if (this.hasKeys) {
      const hint = isObserver && snapshot !== undefined ? describeDifference(snapshot.size, ownSize()) : "";
      printMessage(`${detachKey.name} detaches from "${showId(process.id)}", which runs on${hint}`);
      this.#raw = await RawTerminal.enter();
    }
    this.#isBegun = true;
    if (snapshot !== undefined && this.#isShown) this.#write(snapshot.painting);
    if (isObserver || !this.#isShown) return;
    this.#resized = process;
    Deno.addSignalListener("SIGWINCH", this.#onResize);
    if (isAttaching) this.#requestResize();
  }

  /** Notes what the process has printed. */
  take(output: Uint8Array): void {
    this.#modes.take(output);
  }

  /** Returns where what was typed detaches; `undefined` if it does not. */
  findDetachKey(typed: Uint8Array, isObserver: boolean): number | undefined {
    if (!this.hasKeys) return undefined;
    return this.#options.detachKey.find(typed) ?? (isObserver ? CTRL_C.find(typed) : undefined);
  }

  /** Another client has attached: the size is that of its terminal from now on. */
  noteTaken(message: string): void {
    this.#stopResizing();
    if (this.#raw === undefined) printMessage(message);
    else writeStderr(`\r\nclaustrum: ${message}\r\n`);
  }

  /**
   * Brings the person's terminal back; does nothing the second time.
   *
   * @param hasEnded Whether the process has ended, and has left the screen tidy by itself.
   */
  async end(hasEnded: boolean): Promise<void> {
    this.#stopResizing();
    await using _raw = this.#raw;
    this.#raw = undefined;
    if (!this.#isBegun || !this.#isShown) return;
    this.#isBegun = false;
    // A program on the second screen leaves the first as it was. On the first, what comes next gets room.
    const { isAlternate } = this.#modes;
    this.#write(new TextEncoder().encode(this.#modes.leave() + (hasEnded || isAlternate ? "" : "\r\n\x1b[J")));
  }

  #stopResizing(): void {
    if (this.#resized !== undefined) Deno.removeSignalListener("SIGWINCH", this.#onResize);
    this.#resized = undefined;
  }

  #write(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
    } catch (error) {
      if (!hasNoReader(error)) throw error; // a window that has closed needs nothing
    }
  }

  #requestResize(): void {
    this.#isResizeDue = true;
    this.#resizing ??= this.#resize();
  }

  /** Sets the size again until it is the latest: a window that is dragged changes it often. */
  async #resize(): Promise<void> {
    try {
      while (this.#isResizeDue && this.#resized !== undefined) {
        this.#isResizeDue = false;
        await this.#resized.resize(ownSize());
      }
    } catch (error) {
      // The process or the daemon has ended, which the exit of the process reports, or the person has detached meanwhile.
      if (!(error instanceof ClaustrumError) && this.#resized !== undefined) throw error;
    } finally {
      this.#resizing = undefined;
    }
  }
}

/** Says what an observer does not see right: lines are drawn for the other size. */
function describeDifference(theirs: TerminalSize, own: TerminalSize): string {
  if (theirs.columns <= own.columns && theirs.rows <= own.rows) return "";
  const text = ({ columns, rows }: TerminalSize) => `${columns}×${rows}`;
  return `; its terminal is ${text(theirs)}, larger than this one (${text(own)})`;
}

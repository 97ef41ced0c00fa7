/**
 * Recognizes programs that need a terminal and have none, to tell the person how they get one.
 *
 * @module
 */

import { printMessage } from "./print.ts";

/** Programs that wait silently for input where they would greet in a terminal. With arguments they may need none. */
const INTERACTIVE = new Set([
  ...["bash", "sh", "dash", "zsh", "fish", "ksh", "python", "python3", "node", "irb", "nvim", "claude"],
]);
/** Programs that draw on the whole screen. Some of them fail without a word where there is none. */
const FULL_SCREEN = new Set([
  ...["vi", "vim", "nvim", "view", "nano", "pico", "micro", "hx", "joe", "emacs"],
  ...["top", "htop", "btop", "atop", "mc", "tmux", "screen"],
]);
/** How programs complain that they have no terminal. */
const COMPLAINTS = [
  ...["not a tty", "not (?:to|from) a terminal", "(?:is )?not a terminal", "must be connected to a terminal"],
  ...["TERM environment variable (?:is )?not set", "Error opening terminal", "failed tty get"],
  ...["Inappropriate ioctl for device", "cannot open /dev/tty", "Raw mode is not supported"],
];
const COMPLAINT = new RegExp(COMPLAINTS.join("|"), "i");
/** How many characters of the output before are looked at, too: a complaint may come in two pieces. */
const OVERLAP = 80;

/** Whether a program would greet a person in a terminal, and waits silently without one. */
export function isInteractive([command = "", ...args]: readonly string[]): boolean {
  return INTERACTIVE.has(nameOf(command)) && args.every((arg) => arg === "-i" || arg === "-l");
}

/** Whether a program draws on the whole screen, as a rule. */
export function isFullScreen([command = ""]: readonly string[]): boolean {
  return FULL_SCREEN.has(nameOf(command));
}

function nameOf(command: string): string {
  return command.replace(/.*\//s, "");
}

/** Whether a program complains in a text that it has no terminal. */
export function complainsOfNoTerminal(text: string): boolean {
  return COMPLAINT.test(text);
}

/** Gives the hint, once. */
export class TerminalHint {
  readonly #words: readonly string[];
  readonly #decoder = new TextDecoder();
  #tail = "";
  #isGiven = false;

  /** @param words The command and its arguments. */
  constructor(words: readonly string[]) {
    this.#words = words;
  }

  /** Gives the hint at once if the program would wait silently. */
  noteStart(): void {
    if (isInteractive(this.#words)) this.#give();
  }

  /** Gives the hint if a program that draws on the whole screen has failed. */
  noteExit(code: number): void {
    if (code > 0 && isFullScreen(this.#words)) this.#give();
  }

  /** Gives the hint if a program complains on stderr. */
  noteStderr(output: Uint8Array): void {
    if (this.#isGiven) return;
    const text = this.#tail + this.#decoder.decode(output, { stream: true });
    if (complainsOfNoTerminal(text)) this.#give();
    this.#tail = text.slice(-OVERLAP);
  }

  #give(): void {
    if (!this.#isGiven) printMessage("no terminal: run it with -t");
    this.#isGiven = true;
  }
}

/**
 * Asks for a secret on the terminal, which does not show it.
 *
 * @module
 */

import { writeStderr } from "./print.ts";

const CHUNK_BYTES = 1024;
/** What keys such as arrows send. */
// deno-lint-ignore no-control-regex -- such sequences begin with a control character
const KEY_SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)?/g;
const ENTER = /^[\r\n]$/;
const BACKSPACE = /^[\b\x7f]$/;
const CLEAR = "\x15"; // ctrl-U
/** Ctrl-C and ctrl-D. */
const CANCEL: ReadonlySet<string> = new Set(["\x03", "\x04"]);

/** The line that a user types while the terminal shows nothing. */
export class SecretLine {
  readonly #characters: string[] = [];

  /** What the user has typed, without what was taken back. */
  get text(): string {
    return this.#characters.join("");
  }

  /**
   * Takes characters up to the end of the line.
   *
   * @param characters What the user types; those that are taken are removed.
   * @returns Whether the line goes on, has ended, or was canceled.
   */
  take(characters: string[]): "goes on" | "ended" | "canceled" {
    for (let character = characters.shift(); character !== undefined; character = characters.shift()) {
      if (ENTER.test(character)) return "ended";
      if (CANCEL.has(character)) return "canceled";
      if (BACKSPACE.test(character)) this.#characters.pop();
      else if (character === CLEAR) this.#characters.length = 0;
      else if (character >= " ") this.#characters.push(character);
    }
    return "goes on";
  }
}

/** A terminal that does not show what is typed, until disposed. */
export class SecretInput implements Disposable {
  readonly #decoder = new TextDecoder();
  /** What was typed after the end of the last line, such as when two lines are pasted. */
  readonly #characters: string[] = [];

  /** Makes the terminal show nothing. */
  constructor() {
    Deno.stdin.setRaw(true);
  }

  /**
   * Asks for one line.
   *
   * @param question What is asked.
   * @param signal Aborts when the program has to end.
   * @returns `undefined` if the user has canceled, or the program has to end.
   */
  async ask(question: string, signal: AbortSignal): Promise<string | undefined> {
    const line = new SecretLine();
    writeStderr(question);
    try {
      for (;;) {
        const state = line.take(this.#characters);
        if (state !== "goes on") return state === "ended" ? line.text : undefined;
        const chunk = await read(signal);
        if (chunk === undefined) return undefined;
        const text = this.#decoder.decode(chunk, { stream: true });
        this.#characters.push(...text.replace(KEY_SEQUENCE, ""));
      }
    } finally {
      // The terminal does not begin a line by itself while it shows nothing.
      writeStderr("\r\n");
    }
  }

  /** Makes the terminal show again what is typed. */
  [Symbol.dispose](): void {
    Deno.stdin.setRaw(false);
  }
}

/** Reads what the user types; `undefined` at the end of the input, and when the program has to end. */
async function read(signal: AbortSignal): Promise<Uint8Array | undefined> {
  if (signal.aborted) return undefined;
  const { promise: aborted, resolve } = Promise.withResolvers<null>();
  const stop = () => resolve(null);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const buffer = new Uint8Array(CHUNK_BYTES);
    const length = await Promise.race([Deno.stdin.read(buffer), aborted]);
    return length === null ? undefined : buffer.subarray(0, length);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

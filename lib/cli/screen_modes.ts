/**
 * The modes into which a program brings its terminal. Who leaves the program has to bring the terminal back, and who
 * comes later has to bring another terminal into them.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** The modes that are followed, and how they are at first: cursor keys, wrapping, mouse, cursor, focus, paste, colours. */
const DEFAULTS: ReadonlyMap<number, boolean> = new Map([
  ...([1, 9, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2031].map((mode) => [mode, false] as const)),
  ...([7, 25].map((mode) => [mode, true] as const)),
]);
/** The modes of the second screen. */
const ALTERNATE: readonly number[] = [47, 1047, 1049];
/** The sequences that change modes. */
// deno-lint-ignore no-control-regex -- such sequences begin with a control character
const SEQUENCE = /\x1b(?:\[([<=>?]?)([\d;:]*)( ?)([A-Za-z])|([=>c]))/g;
/** A sequence whose end has not come yet. */
// deno-lint-ignore no-control-regex -- such sequences begin with a control character
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*|[ -/]*)$/;
/** A character whose last bytes have not come yet. */
const CUT_CHARACTER = /(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})$/;
/** How long a sequence that has no end may be, in bytes. A longer one is not waited for. */
const MAX_UNFINISHED = 4096;

/** The modes of one terminal. */
export class ScreenModes {
  readonly #private = new Map<number, boolean>();
  #alternate: number | undefined;
  #isInserting = false;
  #hasKeypad = false;
  /** What programs have asked of the keyboard, the latest last; the first is what the keyboard was set to before. */
  #keyboard = [0];
  #otherKeys = 0;
  #cursor = 0;
  #unfinished = "";

  /** Whether the program shows the second screen, which has no history. */
  get isAlternate(): boolean {
    return this.#alternate !== undefined;
  }

  /** The beginning of a sequence or character whose end has not come yet. */
  get unfinished(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#unfinished, (character) => character.charCodeAt(0));
  }

  /** Notes what a program has printed. */
  take(output: Uint8Array): void {
    // Each byte is one character: the encoding of that name in TextDecoder is another one.
    const text = this.#unfinished + Buffer.from(output.buffer, output.byteOffset, output.length).toString("latin1");
    for (const [, prefix = "", params = "", space, final, simple] of text.matchAll(SEQUENCE)) {
      if (simple !== undefined) this.#takeSimple(simple);
      else this.#take(`${prefix}${space}${final}`, params.split(";").map((param) => parseInt(param) || 0));
    }
    const tail = text.slice(-MAX_UNFINISHED);
    this.#unfinished = (UNFINISHED.exec(tail) ?? CUT_CHARACTER.exec(tail))?.[0] ?? "";
  }

  /** Returns what brings a fresh terminal into these modes. The second screen is not among them. */
  enter(): string {
    return [
      ...this.#changed().map(([mode, isOn]) => `\x1b[?${mode}${isOn ? "h" : "l"}`),
      this.#isInserting ? "\x1b[4h" : "",
      this.#hasKeypad ? "\x1b=" : "",
      ...this.#keyboard.slice(1).map((flags) => `\x1b[>${flags}u`),
      this.#otherKeys > 0 ? `\x1b[>4;${this.#otherKeys}m` : "",
      this.#cursor > 0 ? `\x1b[${this.#cursor} q` : "",
    ].join("");
  }

  /** Returns what brings the terminal back into the modes that it had before the program. */
  leave(): string {
    return [
      ...this.#changed().map(([mode, isOn]) => `\x1b[?${mode}${isOn ? "l" : "h"}`),
      this.#isInserting ? "\x1b[4l" : "",
      this.#hasKeypad ? "\x1b>" : "",
      this.#keyboard.length > 1 ? `\x1b[<${this.#keyboard.length - 1}u` : "",
      this.#otherKeys > 0 ? "\x1b[>4m" : "",
      this.#cursor > 0 ? "\x1b[0 q" : "",
      // The whole screen scrolls; setting that moves the cursor.
      "\x1b7\x1b[r\x1b8",
      this.#alternate === undefined ? "" : `\x1b[?${this.#alternate}l`,
      "\x1b(B\x0f\x1b[m",
    ].join("");
  }

  #changed(): (readonly [number, boolean])[] {
    return [...this.#private].filter(([mode, isOn]) => DEFAULTS.get(mode) !== isOn);
  }

  #takeSimple(final: string): void {
    if (final !== "c") {
      this.#hasKeypad = final === "=";
      return;
    }
    this.#private.clear();
    this.#alternate = undefined;
    this.#isInserting = this.#hasKeypad = false;
    this.#keyboard = [0];
    this.#otherKeys = this.#cursor = 0;
  }

  #take(kind: string, params: readonly number[]): void {
    const [first = 0, second = 0] = params;
    if (kind === "?h" || kind === "?l") this.#setPrivate(params, kind === "?h");
    else if (kind === "h" || kind === "l") this.#isInserting = params.includes(4) ? kind === "h" : this.#isInserting;
    else if (kind === ">u") this.#keyboard.push(first);
    else if (kind === "<u") this.#keyboard.splice(Math.max(1, this.#keyboard.length - (first || 1)));
    else if (kind === "=u" && this.#keyboard.length > 1) this.#keyboard[this.#keyboard.length - 1] = first;
    else if (kind === ">m" && (first === 4 || first === 0)) this.#otherKeys = first === 4 ? second : 0;
    else if (kind === ">n" && first === 4) this.#otherKeys = 0;
    else if (kind === " q") this.#cursor = first;
  }

  #setPrivate(params: readonly number[], isOn: boolean): void {
    for (const mode of params) {
      if (ALTERNATE.includes(mode)) this.#alternate = isOn ? mode : undefined;
      else if (DEFAULTS.has(mode)) this.#private.set(mode, isOn);
    }
  }
}

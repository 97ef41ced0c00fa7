/**
 * The key that leaves a process in a terminal, which runs on.
 *
 * @module
 */

import { UsageError } from "./usage_error.ts";

const CONTROL_BITS = 0x1f;
/** The modifiers of a key as terminals report them, less one: ctrl; caps lock and num lock do not count. */
const [CTRL, LOCKS] = [0b100, 0b1100_0000];
const DECODER = new TextDecoder("latin1");

/** A key that is pressed together with ctrl. */
export class DetachKey {
  /** Its name, such as `ctrl-\`. */
  readonly name: string;
  readonly #byte: number;
  readonly #sequence: RegExp;

  /** @param character The key without ctrl: a letter in lower case, or one of ``@[\]^_``. */
  constructor(character: string) {
    this.name = `ctrl-${character}`;
    const code = character.charCodeAt(0);
    this.#byte = code & CONTROL_BITS;
    // Programs may ask the terminal for longer forms: CSI code;modifiers u, and CSI 27;modifiers;code ~. A release of
    // the key, which is :3, does not count.
    this.#sequence = new RegExp(`\\x1b\\[(?:${code}(?::\\d*)*;(\\d+)(?::[12])?(?:;[\\d:]*)?u|27;(\\d+);${code}~)`);
  }

  /** Returns where the key is in what was typed; `undefined` if it is not there. */
  find(typed: Uint8Array): number | undefined {
    const at = typed.indexOf(this.#byte);
    if (at >= 0) return at;
    const match = this.#sequence.exec(DECODER.decode(typed));
    if (match === null) return undefined;
    const modifiers = Number(match[1] ?? match[2]) - 1;
    return (modifiers & ~LOCKS) === CTRL ? match.index : undefined;
  }
}

/** Ctrl-C. */
export const CTRL_C: DetachKey = new DetachKey("c");

/**
 * Reads the value of `--detach-keys`.
 *
 * @param text Such as `ctrl-x`; absent for ctrl-\.
 * @throws {UsageError} If it is no such key.
 */
export function parseDetachKey(text: string = "ctrl-\\"): DetachKey {
  // Ctrl-[ is the escape key, and ctrl-M is Enter.
  const character = /^(?:ctrl-|c-|\^)([a-ln-z@\\\]^_])$/i.exec(text)?.[1];
  if (character !== undefined) return new DetachKey(character.toLowerCase());
  throw new UsageError(`--detach-keys takes a key like ctrl-x, not "${text}"`);
}

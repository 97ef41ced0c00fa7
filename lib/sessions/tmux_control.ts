/**
 * Reads what tmux writes to a client in control mode: lines that begin with `%`, and the replies to commands.
 *
 * @module
 */

import { concat } from "../system/io.ts";

/** A message of tmux. */
export type ControlMessage =
  | {
    /** The program in a pane has printed something. */
    readonly kind: "output";
    readonly pane: string;
    readonly bytes: Uint8Array<ArrayBuffer>;
  }
  | {
    readonly kind: "reply";
    /** Whether the command came from this client, and not from a hook or from the start of the client. */
    readonly isOwn: boolean;
    readonly isError: boolean;
    /** The newest lines, if there were too many. */
    readonly lines: readonly Uint8Array<ArrayBuffer>[];
  }
  | {
    /** tmux sends no more output of a pane, because this client has not read it in time. */
    readonly kind: "pause";
    readonly pane: string;
  }
  | {
    /** The sizes of the panes in a window have changed. */
    readonly kind: "layout";
    readonly window: string;
    /** What is visible, in tmux's own notation; see {@linkcode paneSize}. */
    readonly layout: string;
  }
  | {
    /** The client ends. */
    readonly kind: "exit";
    /** Why, which tmux rarely says. */
    readonly reason: string;
  };

/** Limits of a {@linkcode ControlParser}. */
export interface ControlLimits {
  /** The longest line that is kept, in bytes; a longer one becomes an empty line. @default {1048576} */
  readonly lineBytes?: number;
  /** How much of a reply is kept, in bytes; its oldest lines are dropped. @default {8388608} */
  readonly replyBytes?: number;
}

/** A reply whose end has not come yet. */
interface OpenReply {
  /** What the line at its end repeats: the time, the number and the flags of the command. */
  readonly guard: string;
  readonly lines: Uint8Array<ArrayBuffer>[];
  bytes: number;
}

const LINE_BYTES = 1 << 20;
const REPLY_BYTES = 8 << 20;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** Lines that are this long cannot begin or end a reply. */
const MAX_GUARD_BYTES = 100;
const DECODER = new TextDecoder();

/** Cuts the output of `tmux -C` into messages, however it is split. It ignores what it does not know. */
export class ControlParser {
  readonly #lineBytes: number;
  readonly #replyBytes: number;
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  #reply: OpenReply | undefined;

  /** Starts at the beginning of a line. */
  constructor({ lineBytes = LINE_BYTES, replyBytes = REPLY_BYTES }: ControlLimits = {}) {
    this.#lineBytes = lineBytes;
    this.#replyBytes = replyBytes;
  }

  /**
   * Takes bytes, and returns the messages that they finish.
   *
   * @param bytes The next bytes; they may be kept, and must not change afterwards.
   */
  push(bytes: Uint8Array): ControlMessage[] {
    const messages: ControlMessage[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const message = this.#takeLine(this.#finishLine(bytes.subarray(start, end)));
      if (message !== undefined) messages.push(message);
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
    return messages;
  }

  #finishLine(end: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#keep(end);
    const line = this.#restBytes > this.#lineBytes ? new Uint8Array(0) : concat(this.#rest);
    this.#rest = [];
    this.#restBytes = 0;
    return line;
  }

  #keep(bytes: Uint8Array): void {
    this.#restBytes += bytes.length;
    if (this.#restBytes > this.#lineBytes) this.#rest = [];
    else if (bytes.length > 0) this.#rest.push(bytes);
  }

  #takeLine(line: Uint8Array<ArrayBuffer>): ControlMessage | undefined {
    if (this.#reply !== undefined) return this.#takeReplyLine(this.#reply, line);
    if (startsWith(line, "%output ") || startsWith(line, "%extended-output ")) return parseOutput(line);
    return this.#takeNotification(DECODER.decode(line));
  }

  #takeNotification(line: string): ControlMessage | undefined {
    const [name, first = "", ...rest] = line.split(" ");
    switch (name) {
      case "%begin":
        if (GUARD.test(line)) this.#reply = { guard: [first, ...rest].join(" "), lines: [], bytes: 0 };
        return undefined;
      case "%pause":
        return { kind: "pause", pane: first };
      case "%layout-change":
        return { kind: "layout", window: first, layout: rest[1] ?? rest[0] ?? "" };
      case "%exit":
        return { kind: "exit", reason: [first, ...rest].join(" ") };
      default:
        return undefined;
    }
  }

  /** The text of a reply may be a program's screen: only the right guard ends it, whatever a line looks like. */
  #takeReplyLine(reply: OpenReply, line: Uint8Array<ArrayBuffer>): ControlMessage | undefined {
    const text = line.length > MAX_GUARD_BYTES ? "" : DECODER.decode(line);
    const isError = text === `%error ${reply.guard}`;
    if (!isError && text !== `%end ${reply.guard}`) return this.#addReplyLine(reply, line);
    this.#reply = undefined;
    return { kind: "reply", isOwn: reply.guard.endsWith(" 1"), isError, lines: reply.lines };
  }

  #addReplyLine(reply: OpenReply, line: Uint8Array<ArrayBuffer>): undefined {
    reply.lines.push(line);
    reply.bytes += line.length + 1;
    while (reply.bytes > this.#replyBytes) reply.bytes -= reply.lines.shift()!.length + 1;
  }
}

/** How a reply begins: with the time, the number of the command, and flags. */
const GUARD = /^%begin \d+ \d+ \d+$/;

function startsWith(line: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (line[i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Parses `%output PANE DATA`, or `%extended-output PANE AGE … : DATA`. */
function parseOutput(line: Uint8Array): ControlMessage | undefined {
  const space = line.indexOf(0x20);
  const end = line.indexOf(0x20, space + 1);
  if (end < 0) return undefined;
  const pane = DECODER.decode(line.subarray(space + 1, end));
  if (startsWith(line, "%output ")) return { kind: "output", pane, bytes: decodeOctal(line.subarray(end + 1)) };
  // Those that stand before the colon contain none.
  const colon = line.indexOf(0x3a, end);
  return colon < 0 ? undefined : { kind: "output", pane, bytes: decodeOctal(line.subarray(colon + 2)) };
}

/** Decodes text in which tmux has written bytes as a backslash and three octal digits. */
export function decodeOctal(text: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text[i] === BACKSLASH ? octalAt(text, i + 1) : undefined;
    bytes[length++] = code ?? text[i]!;
    if (code !== undefined) i += 3;
  }
  return bytes.subarray(0, length);
}

/** The byte that three octal digits stand for; `undefined` if they are none. */
function octalAt(text: Uint8Array, at: number): number | undefined {
  if (at + 3 > text.length) return undefined;
  let code = 0;
  for (let i = at; i < at + 3; i++) {
    const digit = text[i]! - ZERO;
    if (digit < 0 || digit > 7) return undefined;
    code = code * 8 + digit;
  }
  return code > 0xff ? undefined : code;
}

/** Returns the size of a pane in a layout; `undefined` if the pane is not in it. */
export function paneSize(layout: string, pane: string): { columns: number; rows: number } | undefined {
  // A pane is WIDTHxHEIGHT,X,Y,ID; what contains others has a bracket instead of the id.
  for (const [, columns, rows, id] of layout.matchAll(/(\d+)x(\d+),\d+,\d+,(\d+)(?![x\d])/g)) {
    if (`%${id}` === pane) return { columns: Number(columns), rows: Number(rows) };
  }
  return undefined;
}

/** Returns the command that has tmux type bytes into a pane; being hexadecimal, they cannot become a command. */
export function keysCommand(pane: string, bytes: Uint8Array): string {
  return `send-keys -t ${pane} -H ${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

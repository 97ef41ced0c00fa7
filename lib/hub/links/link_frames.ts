/**
 * The text messages of a link. A line of the hub's wire is a message as it is; those of all connections but the first
 * begin with the number of the connection, `{"channel":3,"jsonrpc":…`. What begins with `{"link":` is about the link
 * itself.
 *
 * @module
 */

import { printable } from "../../system/printable.ts";

/** A line of a connection. */
export interface LineFrame {
  readonly kind: "line";
  /** The connection: 0 for the first. */
  readonly channel: number;
  /** The line, without its newline. */
  readonly text: string;
}

/** A question whether the other end is there; it answers with a pong of the same number. */
export interface PingFrame {
  readonly kind: "ping" | "pong";
  /** Tells answers apart. */
  readonly id: number;
}

/** A connection ends. */
export interface EndFrame {
  readonly kind: "end";
  /** The connection. */
  readonly channel: number;
}

/** A sentence for the log of the other end. */
export interface NoticeFrame {
  readonly kind: "notice";
  /** The sentence. */
  readonly text: string;
}

/** A message of a link. */
export type LinkFrame = LineFrame | PingFrame | EndFrame | NoticeFrame;

const CHANNEL = /^\{"channel":(\d{1,9}),/;
const CONTROL = '{"link":';
/** The longest sentence that is taken from the other end, in characters. */
const MAX_NOTICE = 500;

/** Returns the message for a line of a connection. */
export function lineFrame(channel: number, line: string): string {
  return channel === 0 ? line : `{"channel":${channel},${line.slice(1)}`;
}

/** Returns the message for anything else. */
export function controlFrame(frame: PingFrame | EndFrame | NoticeFrame): string {
  const { kind, ...rest } = frame;
  return JSON.stringify({ link: kind, ...rest });
}

/** Reads a message; `undefined` if it is about the link and says nothing that is known, as of a newer version. */
export function readFrame(text: string): LinkFrame | undefined {
  if (text.startsWith(CONTROL)) return readControl(text);
  const match = CHANNEL.exec(text);
  if (match === null) return { kind: "line", channel: 0, text };
  return { kind: "line", channel: Number(match[1]), text: `{${text.slice(match[0].length)}` };
}

function readControl(message: string): LinkFrame | undefined {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(message);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
  const { link: kind, id, channel, text } = value;
  if ((kind === "ping" || kind === "pong") && typeof id === "number") return { kind, id };
  if (kind === "end" && typeof channel === "number") return { kind, channel };
  if (kind === "notice" && typeof text === "string") return { kind, text: printable(text.slice(0, MAX_NOTICE)) };
  return undefined;
}

/**
 * Reading stream frames without parsing their data as JSON (contract: Process methods).
 *
 * This stands in for `JSON.parse`, which would first copy the base64 data to another string. It may go once that no
 * longer makes large streams slower.
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";

/** The notice that a connection receives no more frames of a process. */
export interface DetachNotice {
  /** `taken` if another client took over the stream, `gone` if the daemon has removed the process. */
  readonly reason: "taken" | "gone";
}

/** The start of every stream frame. */
const START = '{"type":"stream"';
/** The text before the data. A quote inside a string is escaped, so no string contains this text. */
const DATA = ',"data":"';
/** The length of the text after the data. */
const DATA_END = 2;
/** Matches the end of a frame that has its time. */
const TIME = /","time":(\d+)\}$/;
/** The number of characters at the end of a line in which {@linkcode TIME} is searched. */
const TIME_LENGTH = 40;
const QUOTE = 0x22;
/** Matches the stream and the `seq`, directly before the data. */
const HEAD = /"stream":"(stdout|stderr)","seq":(\d+)$/;
/** The number of characters before the data in which {@linkcode HEAD} is searched. */
const HEAD_LENGTH = 60;

/** Whether a line is a stream frame, as opposed to a reply. */
export function isFrameLine(line: string): boolean {
  return line.startsWith(START);
}

/**
 * Reads a stream frame, or the notice that no more frames follow.
 *
 * @throws {SyntaxError} If the line is neither.
 */
export function readFrame(line: string): Frame | DetachNotice {
  const at = line.indexOf(DATA);
  if (at < 0) return readExit(line);
  const head = HEAD.exec(line.slice(Math.max(0, at - HEAD_LENGTH), at));
  if (head === null) throw new SyntaxError(`Cannot read frame: ${line.slice(0, 200)}`);
  const stream = head[1] === "stdout" ? "stdout" : "stderr";
  if (line.charCodeAt(line.length - DATA_END) === QUOTE) {
    const data = Uint8Array.fromBase64(line.slice(at + DATA.length, -DATA_END));
    return { stream, seq: Number(head[2]), data };
  }
  const end = TIME.exec(line.slice(-TIME_LENGTH));
  if (end === null) throw new SyntaxError(`Cannot read frame: ${line.slice(0, 200)}`);
  const data = Uint8Array.fromBase64(line.slice(at + DATA.length, -end[0].length));
  return { stream, seq: Number(head[2]), data, time: Number(end[1]) };
}

function readExit(line: string): Frame | DetachNotice {
  const { stream, seq, exitCode, signal, killedBy, reason, time } = JSON.parse(line);
  if (stream === "detached") return { reason: reason === "taken" ? "taken" : "gone" };
  if (stream !== "exit") throw new SyntaxError(`Cannot read frame: ${line.slice(0, 200)}`);
  const detail = { ...(signal === undefined ? {} : { signal }), ...(killedBy === undefined ? {} : { killedBy }) };
  return { stream, seq, exit: { code: exitCode, ...detail }, ...(time === undefined ? {} : { time }) };
}

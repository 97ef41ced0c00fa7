/**
 * Stream frames as a client reads them: without parsing the data as JSON (contract: Process methods).
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";

/** A line that says that no more frames of a process come on this connection. */
export interface DetachNotice {
  /** Why: another client took the stream, or the daemon forgot the process. */
  readonly reason: "taken" | "gone";
}

/** How every stream frame begins. */
const START = '{"type":"stream"';
/** Within a string a quote is escaped, so that this is found where it is meant only. */
const DATA = ',"data":"';
const DATA_END = 2;
/** Where stream and seq stand, right before the data. */
const HEAD = /"stream":"(stdout|stderr)","seq":(\d+)$/;
const HEAD_LENGTH = 60;

/** Whether a line is a stream frame, and no reply. */
export function isFrameLine(line: string): boolean {
  return line.startsWith(START);
}

/**
 * Reads a stream frame, or the notice that no more frames come.
 *
 * @throws {SyntaxError} If the line is neither.
 */
export function readFrame(line: string): Frame | DetachNotice {
  const at = line.indexOf(DATA);
  if (at < 0) return readExit(line);
  const head = HEAD.exec(line.slice(Math.max(0, at - HEAD_LENGTH), at));
  if (head === null) throw new SyntaxError(`Cannot read frame: ${line.slice(0, 200)}`);
  const data = Uint8Array.fromBase64(line.slice(at + DATA.length, -DATA_END));
  return { stream: head[1] === "stdout" ? "stdout" : "stderr", seq: Number(head[2]), data };
}

function readExit(line: string): Frame | DetachNotice {
  const { stream, seq, exitCode, signal, killedBy, reason } = JSON.parse(line);
  if (stream === "detached") return { reason: reason === "taken" ? "taken" : "gone" };
  if (stream !== "exit") throw new SyntaxError(`Cannot read frame: ${line.slice(0, 200)}`);
  const detail = { ...(signal === undefined ? {} : { signal }), ...(killedBy === undefined ? {} : { killedBy }) };
  return { stream, seq, exit: { code: exitCode, ...detail } };
}

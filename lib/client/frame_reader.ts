/**
 * Stream frames as a client reads them: without parsing the data as JSON (wire 1.4).
 *
 * @module
 */

import type { Frame } from "../process/frame_codec.ts";

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
 * Reads a stream frame.
 *
 * @throws {SyntaxError} If it is none.
 */
export function readFrame(line: string): Frame {
  const at = line.indexOf(DATA);
  if (at < 0) return readExit(line);
  const head = HEAD.exec(line.slice(Math.max(0, at - HEAD_LENGTH), at));
  if (head === null) throw new SyntaxError(`Cannot read frame: ${line.slice(0, 200)}`);
  const data = Uint8Array.fromBase64(line.slice(at + DATA.length, -DATA_END));
  return { stream: head[1] === "stdout" ? "stdout" : "stderr", seq: Number(head[2]), data };
}

function readExit(line: string): Frame {
  const { stream, seq, exitCode, signal, killedBy } = JSON.parse(line);
  if (stream !== "exit") throw new SyntaxError(`Cannot read frame: ${line.slice(0, 200)}`);
  const detail = { ...(signal === undefined ? {} : { signal }), ...(killedBy === undefined ? {} : { killedBy }) };
  return { stream, seq, exit: { code: exitCode, ...detail } };
}

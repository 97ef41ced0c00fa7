/**
 * The wire format of stream frames (contract: Process methods): each is one JSON line, which is encoded once, directly
 * into the replay buffer.
 *
 * @module
 */

import { encodeJson } from "./json_encode.ts";

/** The exit of a process, as the wire reports it. */
export interface WireExit {
  /** The exit code; -1 if a signal ended the process. */
  readonly code: number;
  /** The signal that ended the process, like `SIGTERM`. */
  readonly signal?: string;
  /** Who requested the end, if it was requested. */
  readonly killedBy?: string;
}

/** Why a client gets no more frames of a process: another client took the stream, or the daemon forgot the process. */
export type WireDetachReason = "taken" | "gone";

/**
 * Encodes the line that notifies a client that it gets no more frames of a process. Only clients that requested it
 * with `"notice":true` get this line.
 *
 * @param seq The sequence number of the last frame sent to the client.
 */
export function encodeDetached(processId: string, seq: number, reason: WireDetachReason): string {
  return `{"type":"stream","processId":${
    encodeJson(processId)
  },"stream":"detached","seq":${seq},"reason":"${reason}"}\n`;
}

const ENCODER = new TextEncoder();
/** The largest data for which encoding one joined string is faster than three pieces, in bytes. */
const JOINED_BYTES = 1024;
/** How every frame begins, up to the id. */
const ID_KEY = '{"type":"stream","processId":';
const TAIL = '"}\n';
/** Space for a sequence number, the data key and the tail, in bytes. */
const SLACK_BYTES = 48;

/** Encodes the frames of one process. */
export interface WireFrameCodec {
  /** Returns the largest size of a frame with `length` bytes of data, in bytes. */
  maxDataSize(length: number): number;
  /** Writes a data frame at the start of `target` and returns its size in bytes. */
  encodeData(target: Uint8Array, stream: "stdout" | "stderr", seq: number, data: Uint8Array): number;
  /** Encodes the exit frame. */
  encodeExit(seq: number, exit: WireExit): Uint8Array;
  /** Copies whole frames and gives them another id. */
  withId(frames: Uint8Array, id: string): Uint8Array;
  /** Copies whole frames and adds the time of each, in milliseconds since the epoch. */
  withTimes(frames: Uint8Array, times: readonly number[]): Uint8Array;
}

/** Options of {@linkcode wireFrameCodec}. */
export interface WireFrameOptions {
  /** The id of the process; any text. */
  readonly id: string;
  /** Whether the exit frame includes the signal and who requested the end (contract: Extensions, `exitDetail`). @default {false} */
  readonly exitDetail?: boolean;
}

/** Creates the codec of a process. */
export function wireFrameCodec({ id: processId, exitDetail = false }: WireFrameOptions): WireFrameCodec {
  const id = encodeJson(processId);
  const heads = {
    stdout: `{"type":"stream","processId":${id},"stream":"stdout","seq":`,
    stderr: `{"type":"stream","processId":${id},"stream":"stderr","seq":`,
  };
  const headBytes = ENCODER.encode(heads.stdout).length;
  return {
    maxDataSize: (length) => headBytes + SLACK_BYTES + 4 * Math.ceil(length / 3),
    encodeData(target, stream, seq, data) {
      const head = `${heads[stream]}${seq},"data":"`;
      if (data.length <= JOINED_BYTES) return ENCODER.encodeInto(head + data.toBase64() + TAIL, target).written;
      let size = ENCODER.encodeInto(head, target).written;
      size += ENCODER.encodeInto(data.toBase64(), target.subarray(size)).written;
      return size + ENCODER.encodeInto(TAIL, target.subarray(size)).written;
    },
    encodeExit(seq, { code, signal, killedBy }) {
      const detail = exitDetail ? encodeJson({ signal, killedBy }).slice(1, -1) : "";
      const tail = detail === "" ? "" : `,${detail}`;
      return ENCODER.encode(
        `{"type":"stream","processId":${id},"stream":"exit","seq":${seq},"exitCode":${code}${tail}}\n`,
      );
    },
    withId: (frames, other) =>
      replaceIds(frames, ENCODER.encode(ID_KEY + id).length, ENCODER.encode(ID_KEY + encodeJson(other))),
    withTimes: addTimes,
  };
}

const NEWLINE = 0x0a;

/**
 * Replaces the beginning of every line.
 *
 * @param headBytes The length of the present beginning, in bytes.
 */
function replaceIds(frames: Uint8Array, headBytes: number, head: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < frames.length;) {
    const end = frames.indexOf(NEWLINE, start) + 1;
    pieces.push(head, frames.subarray(start + headBytes, end));
    start = end;
  }
  return join(pieces);
}

/** The end of a line, before which its time is inserted. */
const LINE_END = "}\n";

/** Adds a last member to every line. */
function addTimes(frames: Uint8Array, times: readonly number[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (const time of times) {
    const end = frames.indexOf(NEWLINE, start) + 1;
    pieces.push(frames.subarray(start, end - LINE_END.length), ENCODER.encode(`,"time":${time}${LINE_END}`));
    start = end;
  }
  return join(pieces);
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

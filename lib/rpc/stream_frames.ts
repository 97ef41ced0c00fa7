/**
 * The wire form of stream frames (contract: Process methods): one JSON line each, encoded once, straight into the
 * replay buffer.
 *
 * @module
 */

import { encodeJson } from "./json_encode.ts";

/** How a process ended, as far as the wire tells it. */
export interface WireExit {
  /** The exit code, -1 when a signal ended it. */
  readonly code: number;
  /** The signal that ended it, like `SIGTERM`. */
  readonly signal?: string;
  /** Who asked for it, if anyone did. */
  readonly killedBy?: string;
}

/** Why a client gets no more frames of a process: another client took its stream, or the daemon forgot it. */
export type WireDetachReason = "taken" | "gone";

/**
 * Encodes the line that tells a client that it gets no more frames of a process; only clients that asked for it with
 * `"notice":true` get one.
 *
 * @param seq The last frame that the client was sent.
 */
export function encodeDetached(processId: string, seq: number, reason: WireDetachReason): string {
  return `{"type":"stream","processId":${
    encodeJson(processId)
  },"stream":"detached","seq":${seq},"reason":"${reason}"}\n`;
}

const ENCODER = new TextEncoder();
/** Up to here one joined string is faster than three pieces. */
const JOINED_BYTES = 1024;
const TAIL = '"}\n';
/** Room for a sequence number, the data key and the tail. */
const SLACK_BYTES = 48;

/** Encodes the frames of one process. */
export interface WireFrameCodec {
  /** The most bytes that a frame with `length` bytes of data takes. */
  maxDataSize(length: number): number;
  /** Writes a data frame at the start of `target`; returns its size in bytes. */
  encodeData(target: Uint8Array, stream: "stdout" | "stderr", seq: number, data: Uint8Array): number;
  /** Encodes the exit frame. */
  encodeExit(seq: number, exit: WireExit): Uint8Array;
}

/** Whose frames are encoded, and how. */
export interface WireFrameOptions {
  /** The id, any text; it is escaped here, once. */
  readonly id: string;
  /** Whether the exit frame tells the signal and who asked for it (contract: Extensions, `exitDetail`). @default {false} */
  readonly exitDetail?: boolean;
}

/** Makes the codec of a process. */
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
  };
}

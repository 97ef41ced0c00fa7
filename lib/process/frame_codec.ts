/**
 * Frames and their encoding. The supervisor keeps frames encoded and does not depend on a format: the daemon passes
 * the codec of the wire, and a program that uses the supervisor alone gets {@linkcode rawFrameCodec}.
 *
 * @module
 */

/** The two output streams of a process. */
export type StreamName = "stdout" | "stderr";

/** Who requested the end of a process. */
export type KillReason = "client" | "shutdown" | "daemon";

/** How a process ended. */
export interface ProcessExit {
  /** The exit code; -1 if a signal ended the process. */
  readonly code: number;
  /** The signal that ended the process, like `SIGTERM`. */
  readonly signal?: string;
  /** Who requested the end, if it was requested. */
  readonly killedBy?: KillReason;
}

/** A frame with a piece of output. */
export interface DataFrame {
  /** The stream that the output was read from. */
  readonly stream: StreamName;
  /** The sequence number within the process, from 1. */
  readonly seq: number;
  /** The output. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** When it was read, in milliseconds since the epoch; only if the receiver has asked for it. */
  readonly time?: number;
}

/** The last frame of a process, with its exit. */
export interface ExitFrame {
  /** Distinguishes it from a data frame. */
  readonly stream: "exit";
  /** The sequence number within the process. */
  readonly seq: number;
  /** How the process ended. */
  readonly exit: ProcessExit;
  /** When it ended, in milliseconds since the epoch; only if the receiver has asked for it. */
  readonly time?: number;
}

/** A frame of a process: output or exit. */
export type Frame = DataFrame | ExitFrame;

/** Encodes the frames of one process. */
export interface FrameEncoder {
  /** Returns the largest size of a frame with `length` bytes of data, in bytes. */
  maxDataSize(length: number): number;
  /** Writes a data frame at the start of `target` and returns its size in bytes. */
  encodeData(target: Uint8Array, stream: StreamName, seq: number, data: Uint8Array): number;
  /** Encodes the exit frame. */
  encodeExit(seq: number, exit: ProcessExit): Uint8Array;
  /** Copies whole frames and gives them another id; absent if frames have no id. */
  withId?(frames: Uint8Array, id: string): Uint8Array;
  /** Copies whole frames and adds the time of each, in milliseconds since the epoch; absent if frames have no times. */
  withTimes?(frames: Uint8Array, times: readonly number[]): Uint8Array;
}

const HEADER_BYTES = 13;
const KINDS = ["stdout", "stderr", "exit"] as const;

/** Creates a compact binary codec for use within one program. */
export function rawFrameCodec(): FrameEncoder {
  return {
    maxDataSize: (length) => HEADER_BYTES + length,
    encodeData: (target, stream, seq, data) => encodeRaw(target, KINDS.indexOf(stream), seq, data),
    encodeExit(seq, exit) {
      const body = new TextEncoder().encode(JSON.stringify(exit));
      const target = new Uint8Array(HEADER_BYTES + body.length);
      encodeRaw(target, KINDS.indexOf("exit"), seq, body);
      return target;
    },
  };
}

function encodeRaw(target: Uint8Array, kind: number, seq: number, body: Uint8Array): number {
  const view = new DataView(target.buffer, target.byteOffset);
  view.setUint8(0, kind);
  view.setFloat64(1, seq);
  view.setUint32(9, body.length);
  target.set(body, HEADER_BYTES);
  return HEADER_BYTES + body.length;
}

/**
 * Decodes frames that {@linkcode rawFrameCodec} encoded.
 *
 * @param bytes Whole frames; the decoded frames have copies of their data.
 */
export function* decodeRawFrames(bytes: Uint8Array): Generator<Frame> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const kind = KINDS[view.getUint8(at)]!;
    const seq = view.getFloat64(at + 1);
    const end = at + HEADER_BYTES + view.getUint32(at + 9);
    const data = bytes.slice(at + HEADER_BYTES, end);
    yield kind === "exit"
      ? { stream: kind, seq, exit: JSON.parse(new TextDecoder().decode(data)) }
      : { stream: kind, seq, data };
    at = end;
  }
}

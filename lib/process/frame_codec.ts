/**
 * How frames become bytes. The supervisor keeps frames encoded and does not know how: the daemon
 * gives it the wire's codec, a script that uses it alone gets {@linkcode rawFrameCodec}.
 *
 * @module
 */

/** The two output streams of a process. */
export type StreamName = "stdout" | "stderr";

/** Who asked for the end of a process. */
export type KillReason = "client" | "shutdown" | "daemon";

/** How a process ended. */
export interface ProcessExit {
  /** The exit code; -1 when a signal ended it. */
  readonly code: number;
  /** The signal that ended it, like `SIGTERM`. */
  readonly signal?: string;
  /** Who asked for it, if anyone did. */
  readonly killedBy?: KillReason;
}

/** A piece of output. */
export interface DataFrame {
  /** Which stream it came from. */
  readonly stream: StreamName;
  /** Its number within the process, from 1. */
  readonly seq: number;
  /** The bytes. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** The end of a process; the last frame it has. */
export interface ExitFrame {
  /** Tells it from a data frame. */
  readonly stream: "exit";
  /** Its number within the process. */
  readonly seq: number;
  /** How it ended. */
  readonly exit: ProcessExit;
}

/** What a process gave, in order. */
export type Frame = DataFrame | ExitFrame;

/** Encodes the frames of one process. */
export interface FrameEncoder {
  /** The most bytes that a frame with `length` bytes of data takes. */
  maxDataSize(length: number): number;
  /** Writes a data frame at the start of `target`; returns its size in bytes. */
  encodeData(target: Uint8Array, stream: StreamName, seq: number, data: Uint8Array): number;
  /** Encodes the exit frame. */
  encodeExit(seq: number, exit: ProcessExit): Uint8Array;
}

const HEADER_BYTES = 13;
const KINDS = ["stdout", "stderr", "exit"] as const;

/** The codec for use within one program: a kind, a seq, a length, the bytes. */
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
 * Decodes what {@linkcode rawFrameCodec} encoded.
 *
 * @param bytes Whole frames; the data of the frames given is a copy.
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

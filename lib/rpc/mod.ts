/**
 * The wire: its methods and their types, framing, frames, errors. For those who write a client or
 * a daemon of their own. It needs no permission.
 *
 * @example What a method takes and gives
 * ```ts
 * import type { Params, Result } from "@x/claustrum/wire";
 *
 * const params: Params<"files.stat"> = { path: "/etc" };
 * const result: Result<"files.stat"> = { exists: true, isDir: true, size: 4096, mode: "drwxr-xr-x" };
 * console.log(params, result);
 * ```
 *
 * @module
 */

export type * from "./method_types.ts";
export { methodNames } from "./protocol.ts";
export { type Line, LineFramer, LineTooLongError } from "./framing.ts";
export { type WireExit, type WireFrameCodec, wireFrameCodec, type WireFrameOptions } from "./stream_frames.ts";
export {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  PARSE_ERROR,
  STDIN_GAP,
  UNAUTHORIZED,
} from "./errors.ts";
export { ClaustrumError } from "../system/claustrum_error.ts";

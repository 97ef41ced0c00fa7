/**
 * The wire protocol: methods and their types, framing, stream frames and errors. It is meant for writing other clients
 * or daemons. It needs no permission.
 *
 * @example The params and the result of a method
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

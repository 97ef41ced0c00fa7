import { ClaustrumError } from "../system/claustrum_error.ts";

/** The line is not a valid request (contract: Order of checks). */
export const PARSE_ERROR: number = -32700;
/** The `jsonrpc` of the request is not `2.0` (contract: Order of checks). */
export const INVALID_REQUEST: number = -32600;
/** The method name is malformed or unknown (contract: Order of checks). */
export const METHOD_NOT_FOUND: number = -32601;
/** The params are absent, of a wrong type, or refused by the method (contract: Order of checks). */
export const INVALID_PARAMS: number = -32602;
/** The method failed; the text says why (contract: Error texts). */
export const INTERNAL_ERROR: number = -32603;
/** The token is absent or wrong (contract: Order of checks). */
export const UNAUTHORIZED: number = -32001;
/** The bytes of `process.stdin` do not fit into the queue (contract: Process methods of next). */
export const STDIN_FULL: number = -32002;
/** The launcher of a process is refused (contract: Process methods of next). */
export const LAUNCHER_REFUSED: number = -32004;
/** The launcher of a process could not be started (contract: Process methods of next). */
export const LAUNCHER_FAILED: number = -32005;
/** The offset of `process.stdin` is past the applied bytes (contract: Process methods). */
export const STDIN_GAP: number = -32003;

/** A failure that is sent to the client as a JSON-RPC error object, with exactly this message. */
export class RpcError extends ClaustrumError {
  /** The JSON-RPC error code. */
  readonly code: number;

  /**
   * @param code One of the codes of this module.
   * @param message The exact message that is sent.
   */
  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Returns the error of invalid params: of a wrong type, or refused by the method. */
export function invalidParams(message = "Invalid params"): RpcError {
  return new RpcError(INVALID_PARAMS, message);
}

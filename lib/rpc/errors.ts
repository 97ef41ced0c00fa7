import { ClaustrumError } from "../system/claustrum_error.ts";

/** The error codes of the contract (contract: Order of checks). */
export const PARSE_ERROR: number = -32700;
/** The envelope is JSON but not JSON-RPC 2.0 (contract: Order of checks). */
export const INVALID_REQUEST: number = -32600;
/** The method is misspelt or unknown (contract: Order of checks). */
export const METHOD_NOT_FOUND: number = -32601;
/** The params are absent, of a wrong type, or refused by the method (contract: Order of checks). */
export const INVALID_PARAMS: number = -32602;
/** The method failed; the text says why (contract: Error texts). */
export const INTERNAL_ERROR: number = -32603;
/** The token is absent or wrong (contract: Order of checks). */
export const UNAUTHORIZED: number = -32001;
/** `process.stdin` was given an offset beyond what was applied (contract: Process methods). */
export const STDIN_GAP: number = -32003;

/** A failure that the client gets to see as a JSON-RPC error object, with exactly this text. */
export class RpcError extends ClaustrumError {
  /** The JSON-RPC error code. */
  readonly code: number;

  /**
   * @param code One of the codes of this module.
   * @param message The text that goes over the wire, exactly.
   */
  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An {@linkcode RpcError} for params that are well-typed but refused by the method. */
export function invalidParams(message = "Invalid params"): RpcError {
  return new RpcError(INVALID_PARAMS, message);
}

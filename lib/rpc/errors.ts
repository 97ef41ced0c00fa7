/** The error codes of the contract (wire 1.0). */
export const PARSE_ERROR: number = -32700;
/** The envelope is JSON but not JSON-RPC 2.0 (wire 1.0, step 3). */
export const INVALID_REQUEST: number = -32600;
/** The method is misspelt or unknown (wire 1.0, steps 4 to 6). */
export const METHOD_NOT_FOUND: number = -32601;
/** The params are absent, of a wrong type, or refused by the method (wire 1.0, steps 7 to 9). */
export const INVALID_PARAMS: number = -32602;
/** The method failed; the text says why (wire 1.5). */
export const INTERNAL_ERROR: number = -32603;
/** The token is absent or wrong (wire 1.0, step 2). */
export const UNAUTHORIZED: number = -32001;
/** `process.stdin` was given an offset beyond what was applied (wire 1.4). */
export const STDIN_GAP: number = -32003;

/** A failure that the client gets to see as a JSON-RPC error object, with exactly this text. */
export class RpcError extends Error {
  /** The class, for those who only have the error. */
  override readonly name: string = "RpcError";
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

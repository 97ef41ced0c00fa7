import { ClaustrumError } from "../system/claustrum_error.ts";

/**
 * A daemon cannot start, for a reason that the user can remedy: the socket's directory is not private, another daemon
 * holds its lock, the socket cannot be bound, or a token or a log cannot be used. The message names the path.
 */
export class ServeError extends ClaustrumError {}

import { ClaustrumError } from "./claustrum_error.ts";

/**
 * A daemon or a hub cannot start, for a reason that the user can remedy: its directory is not private, another one holds
 * its lock, the socket cannot be bound, or a token or a log cannot be used. The message names the path.
 */
export class ServeError extends ClaustrumError {}

import { RequestError } from "../system/request_error.ts";

/** An operation on sessions that cannot be done; the message says why and what to do. */
export class SessionError extends RequestError {}

import { RequestError } from "../system/request_error.ts";

/** A repository that cannot be cloned; the message says why and what to do, and never names a password. */
export class CloneError extends RequestError {}

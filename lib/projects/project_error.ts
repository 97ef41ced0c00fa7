import { RequestError } from "../system/request_error.ts";

/** Something about a project that cannot be done; the message says why and what to do. */
export class ProjectError extends RequestError {}

import { ClaustrumError } from "../system/claustrum_error.ts";

/** The command line is wrong; the message is for stderr, the exit code is 2. */
export class UsageError extends ClaustrumError {}

import { ClaustrumError } from "../system/claustrum_error.ts";

/** Why an install failed; the message is the `cliError` of its facts. */
export class InstallError extends ClaustrumError {}

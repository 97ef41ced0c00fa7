/**
 * The error of the agent CLI's own files.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";

/** The agent CLI's record of trust cannot be read or changed; the message says why. */
export class TrustError extends ClaustrumError {}

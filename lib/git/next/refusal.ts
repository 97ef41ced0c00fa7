/**
 * A request that is refused before git runs, or because git cannot run safely.
 *
 * @module
 */

import { ClaustrumError } from "../../system/claustrum_error.ts";

/** Git was not run; the message is the contract's text. */
export class GitRefusal extends ClaustrumError {}

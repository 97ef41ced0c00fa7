/**
 * The sessions of a hub.
 *
 * @module
 */

import { ServeError } from "../system/serve_error.ts";
import type { OpenSessions } from "./start_hub.ts";

/** Opens the store of a hub and the sessions in it. */
export const openSessions: OpenSessions = () =>
  Promise.reject(new ServeError("this version of claustrum has no sessions yet"));

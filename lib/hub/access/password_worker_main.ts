/**
 * The module that the worker runs.
 *
 * @module
 */

import { servePasswordCheck } from "./password_worker.ts";

servePasswordCheck();

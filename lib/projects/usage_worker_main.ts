/**
 * The module that the worker runs.
 *
 * @module
 */

import { serveUsage } from "./usage_worker.ts";

serveUsage();

/**
 * The module that the worker runs.
 *
 * @module
 */

import { serveExtraction } from "./extract_worker.ts";

serveExtraction();

/**
 * The module that the worker runs.
 *
 * @module
 */

import { serveRanking } from "./rank_worker.ts";

serveRanking();

/**
 * A worker that does not check the paths of entries, so that tests reach the protections after that check.
 *
 * @module
 */

import { serveExtraction } from "../../lib/files/extract_worker.ts";

serveExtraction((destDir, name) => name.startsWith("/") ? name : `${destDir}/${name}`);

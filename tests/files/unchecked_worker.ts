import { serveExtraction } from "../../lib/files/extract_worker.ts";

// A worker that does not check the paths of entries, so that tests reach the protections after that check.
serveExtraction((destDir, name) => name.startsWith("/") ? name : `${destDir}/${name}`);

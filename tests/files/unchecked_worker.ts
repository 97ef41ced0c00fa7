import { serveExtraction } from "../../lib/files/extract_worker.ts";

// Entries go wherever their name leads: what stands behind our own check shows.
serveExtraction((destDir, name) => name.startsWith("/") ? name : `${destDir}/${name}`);

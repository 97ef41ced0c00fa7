import { STAMP } from "./stamp.ts";

/** The version of the package, as in deno.json. */
export const VERSION = "0.1.0";

/** The id that `server.version` and `claustrum version` tell: the git sha of a build, else the version (daemon 1). */
export function versionId(): string {
  return STAMP?.sha ?? `v${VERSION}`;
}

/** The line that `claustrum version` prints. */
export function versionLine(): string {
  return `claustrum ${versionId()} (built ${STAMP?.time ?? "unknown"})`;
}

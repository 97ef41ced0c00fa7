import { STAMP } from "./stamp.ts";

/** The version of the package; the same as in `deno.json`. */
export const VERSION = "0.1.0";

/** Returns the id that `server.version` and `claustrum version` report: the git sha of a build, or else the version
 * (contract: Command line). */
export function versionId(): string {
  return STAMP?.sha ?? `v${VERSION}`;
}

/**
 * Returns the line that `claustrum version` prints.
 *
 * @param override A sha to report instead; `""` for none.
 */
export function versionLine(override: string = ""): string {
  const built = `built ${STAMP?.time ?? "unknown"}`;
  if (override !== "") return `claude-ssh ${override} (via Claustrum ${versionId()}, ${built})`;
  return `claustrum ${versionId()} (${built})`;
}

import { STAMP } from "./stamp.ts";

/** The version of the package; the same as in `deno.json`. */
export const VERSION = "0.2.0";
/** How much of the git sha people are shown. */
const SHORT_SHA = 7;

/** Returns the id that `server.version` and `claustrum -version` report: the git sha of a build, or else the version
 * (contract: Command line). */
export function versionId(): string {
  return STAMP?.sha ?? `v${VERSION}`;
}

/**
 * Returns the line that `claustrum -version` prints.
 *
 * @param override A sha to report instead; `""` for none.
 */
export function versionLine(override: string = ""): string {
  const built = `built ${STAMP?.time ?? "unknown"}`;
  if (override !== "") return `claude-ssh ${override} (via Claustrum ${versionId()}, ${built})`;
  return `claustrum ${versionId()} (${built})`;
}

/**
 * Returns the version as people read it, like `0.2.0+56c29e1`; without a build it is that of the package alone.
 *
 * @param stamp From which commit this was built.
 */
export function readableVersion(stamp: { readonly sha: string } | undefined = STAMP): string {
  return stamp === undefined ? VERSION : `${VERSION}+${stamp.sha.slice(0, SHORT_SHA)}`;
}

/** Returns when this was built, in ISO 8601; `undefined` if it was not. */
export function buildTime(): string | undefined {
  return STAMP?.time;
}

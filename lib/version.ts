import { STAMP } from "./stamp.ts";

/** The version of the package, as in deno.json. */
export const VERSION = "0.1.0";

/** The id that `server.version` and `claustrum version` tell: the git sha of a build, else the version (contract: Command line). */
export function versionId(): string {
  return STAMP?.sha ?? `v${VERSION}`;
}

/**
 * The line that `claustrum version` prints.
 *
 * @param override The sha that is told instead; `""` for none.
 */
export function versionLine(override: string = ""): string {
  const built = `built ${STAMP?.time ?? "unknown"}`;
  if (override !== "") return `claude-ssh ${override} (via Claustrum ${versionId()}, ${built})`;
  return `claustrum ${versionId()} (${built})`;
}

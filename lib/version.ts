/** The version of the package, as in deno.json. */
export const VERSION = "0.1.0";

/** The id that `server.version` and `claustrum version` tell (daemon 1). */
export function versionId(): string {
  return `v${VERSION}`;
}

/** The line that `claustrum version` prints. */
export function versionLine(): string {
  return `claustrum ${versionId()} (built unknown)`;
}

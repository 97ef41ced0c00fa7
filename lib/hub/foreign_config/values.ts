/**
 * Values that several formats write in the same way.
 *
 * @module
 */

/**
 * Returns a path without a `~` for the home directory.
 *
 * @param home The home directory; if it is unknown, the path stays as it is.
 */
export function expandHome(path: string, home: string | undefined): string {
  if (home === undefined || !(path === "~" || path.startsWith("~/"))) return path;
  return `${home.replace(/\/+$/, "")}${path.slice(1)}`;
}

/** Returns our name of a level of log lines. */
export function logLevel(level: string): string {
  const name = level.toLowerCase();
  return name === "warning" ? "warn" : name;
}

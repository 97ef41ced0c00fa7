/**
 * `~` in path params (contract: Order of checks).
 *
 * @module
 */

/**
 * Expands exactly `~` and a `~/` prefix.
 *
 * @param path The path as it was sent.
 * @param home The home directory; without one nothing is expanded.
 */
export function expandTilde(path: string, home: string | undefined): string {
  if (home === undefined || home === "") return path;
  if (path === "~") return home;
  return path.startsWith("~/") ? cleanPath(`${home}/${path.slice(2)}`) : path;
}

/** Cleans a path lexically: no empty parts, no `.`, `..` taken back where it can be; `.` when nothing is left. */
export function cleanPath(path: string): string {
  const isAbsolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!isAbsolute) parts.push(part);
  }
  const joined = parts.join("/");
  return isAbsolute ? `/${joined}` : joined || ".";
}

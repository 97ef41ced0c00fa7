/**
 * Paths as text: the expansion of `~` in path params (contract: Order of checks), and lexical cleaning.
 *
 * @module
 */

/**
 * Expands a path that is `~` or starts with `~/`; any other path is returned unchanged.
 *
 * @param path The path from the request.
 * @param home The home directory; nothing is expanded if it is absent or empty.
 */
export function expandTilde(path: string, home: string | undefined): string {
  if (home === undefined || home === "") return path;
  if (path === "~") return home;
  return path.startsWith("~/") ? cleanPath(`${home}/${path.slice(2)}`) : path;
}

/** Cleans a path lexically: removes empty parts and `.`, and resolves `..` where possible. An empty result becomes `.`. */
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

/**
 * Resolves a path as far as it exists, for a file that is about to be written.
 *
 * @param path An absolute path.
 * @returns The path without symlinks, `.` and `..`; `undefined` if it cannot be resolved.
 */
export function realPathSoFar(path: string): string | undefined {
  const missing: string[] = [];
  let at = path;
  for (;;) {
    try {
      const real = Deno.realPathSync(at);
      return missing.length === 0 ? real : `${real === "/" ? "" : real}/${missing.join("/")}`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || isLink(at)) return undefined;
    }
    const slash = at.lastIndexOf("/");
    const name = at.slice(slash + 1);
    // Below a directory that does not exist, these could lead anywhere once it does.
    if (slash < 0 || name === ".." || name === ".") return undefined;
    if (name !== "") missing.unshift(name);
    at = at.slice(0, slash) || "/";
  }
}

/** A link that leads nowhere decides itself where the file will be. */
function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false; // it does not exist, or cannot be looked at, which the caller finds out by itself
  }
}

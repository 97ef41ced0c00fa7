/**
 * What somebody fills in for a new project.
 *
 * @module
 */

/** Returns the name that a clone gets if nobody gives it one; empty if the address does not say. */
export function nameOfUrl(url: string): string {
  const path = url.trim().replace(/[?#].*$/, "").replace(/\/+$/, "");
  const last = /[/:]([^/:]+)$/.exec(path)?.[1] ?? "";
  return last.replace(/\.git$/, "");
}

/** Why a name cannot be one of a project, in a sentence; `undefined` if it can. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return undefined;
  if (name.startsWith(".")) return "A name does not begin with a dot.";
  if (!/^[A-Za-z0-9._-]*$/.test(name)) return "A name has letters, digits, dots, dashes and underscores.";
  return name.length > 64 ? "A name has at most 64 characters." : undefined;
}

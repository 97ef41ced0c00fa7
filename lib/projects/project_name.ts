/**
 * The names that projects may have.
 *
 * @module
 */

import { ProjectError } from "./project_error.ts";

const MAX_LENGTH = 64;
const ALLOWED = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
/** Characters that change what stands around them: control characters, and those that reverse or hide text. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u{fffd}]/gu;

/** Returns why a directory of a name is no project; `undefined` if the name fits. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "the name is empty";
  if (name.startsWith(".")) return "the name begins with a dot";
  if (name.length > MAX_LENGTH) return `the name has more than ${MAX_LENGTH} characters`;
  if (!ALLOWED.test(name)) return "the name has other characters than A-Z a-z 0-9 . _ -";
  return undefined;
}

/**
 * Checks a name that a client has sent.
 *
 * @throws {ProjectError} If no project can have it, with the kind `bad_params`.
 */
export function checkProjectName(name: string): void {
  const problem = nameProblem(name);
  if (problem === undefined) return;
  throw new ProjectError(
    "bad_params",
    `"${
      shownName(name)
    }" cannot be the name of a project: ${problem}; choose 1 to ${MAX_LENGTH} of A-Z a-z 0-9 . _ - ` +
      "that do not begin with a dot",
  );
}

/** Returns a name of any characters as it can be shown: what would change the text around it is escaped. */
export function shownName(name: string): string {
  return name.replaceAll(UNSAFE, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`).slice(0, 500);
}

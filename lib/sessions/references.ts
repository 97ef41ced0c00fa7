/**
 * The names of sessions, and how people refer to them.
 *
 * @module
 */

import { SessionError } from "./session_error.ts";

/** What can be referred to. */
export interface Named {
  /** A UUID. */
  readonly id: string;
  /** A name, unique among all. */
  readonly name: string;
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const MAX_LENGTH = 64;

/**
 * Finds what a reference means: an id, else a name, else a unique prefix of either.
 *
 * @throws {SessionError} If it means nothing, or several.
 */
export function resolveReference<T extends Named>(all: readonly T[], reference: string): T {
  const exact = all.find(({ id }) => id === reference) ?? all.find(({ name }) => name === reference);
  if (exact !== undefined) return exact;
  const found = reference === ""
    ? []
    : all.filter(({ id, name }) => id.startsWith(reference) || name.startsWith(reference));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new SessionError("unknown", `there is no session "${reference}"`);
  const names = found.slice(0, 8).map(({ id, name }) => `${name} (${id.slice(0, 8)})`).join(", ");
  const more = found.length > 8 ? ` and ${found.length - 8} more` : "";
  throw new SessionError("conflict", `"${reference}" could mean ${names}${more}: name one of them`);
}

/**
 * Checks a name that a person chose.
 *
 * @throws {SessionError} If it is malformed or taken.
 */
export function checkName(name: string, taken: ReadonlySet<string>): string {
  if (!NAME.test(name)) {
    throw new SessionError("bad_params", `name "${name}" must be 1 to 64 letters, digits, ".", "_" or "-"`);
  }
  if (taken.has(name)) throw new SessionError("conflict", `a session is already called "${name}": choose another name`);
  return name;
}

/** Returns a free name after that of a directory. */
export function nameAfter(path: string, taken: ReadonlySet<string>): string {
  const last = path.replace(/\/+$/, "").split("/").at(-1) ?? "";
  const base = last.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, MAX_LENGTH) || "session";
  if (!taken.has(base)) return base;
  for (let n = 2;; n++) {
    const suffix = `-${n}`;
    const name = base.slice(0, MAX_LENGTH - suffix.length) + suffix;
    if (!taken.has(name)) return name;
  }
}

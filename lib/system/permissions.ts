/**
 * What the program may do: a permission that it was started without is not an error of the
 * operating system, and its user must learn which one to grant.
 *
 * @module
 */

/** `Requires read access to …`, `Requires --allow-run permissions to …`. */
const REQUIRED = /^Requires (?:--allow-)?([a-z]+) /;
const KINDS = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;

/**
 * Whether an error says that the program lacks a permission that can be granted. The runtime throws the same class
 * for what it denies even to a program that has the permission, like `/proc`: that is a file with restricted access.
 */
export function isPermissionMissing(error: unknown): boolean {
  if (!(error instanceof Deno.errors.NotCapable)) return false;
  const name = KINDS.find((kind) => kind === REQUIRED.exec(error.message)?.[1]);
  return name !== undefined && Deno.permissions.querySync({ name }).state !== "granted";
}

/** Whether the program may execute a file. Does not ask. */
export function mayRun(command: string): boolean {
  return Deno.permissions.querySync({ name: "run", command }).state === "granted";
}

/** A variable of the environment; `undefined` also when the program may not read it. Does not ask. */
export function tryGetEnv(variable: string): string | undefined {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted" ? Deno.env.get(variable) : undefined;
}

/** The id of the user or of the user's group; `undefined` where there is none or the program may not know it. Does not ask. */
export function tryGetOwnId(kind: "uid" | "gid"): number | undefined {
  return Deno.permissions.querySync({ name: "sys", kind }).state === "granted" ? Deno[kind]() ?? undefined : undefined;
}

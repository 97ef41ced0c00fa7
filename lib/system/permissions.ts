/**
 * The permissions that the runtime grants to the program. A missing permission is not an error of the operating
 * system: the user must be told which one to grant.
 *
 * @module
 */

/** `Requires read access to …`, `Requires --allow-run permissions to …`. */
const REQUIRED = /^Requires (?:--allow-)?([a-z]+) /;
const KINDS = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;

/**
 * Whether an error says that the program lacks a permission that can be granted. The runtime throws the same class
 * for files like those in `/proc`, which it denies even to a program that has the permission; those do not count.
 */
export function isPermissionMissing(error: unknown): boolean {
  if (!(error instanceof Deno.errors.NotCapable)) return false;
  const name = KINDS.find((kind) => kind === REQUIRED.exec(error.message)?.[1]);
  return name !== undefined && Deno.permissions.querySync({ name }).state !== "granted";
}

/** Whether the program may execute a file. It never prompts. */
export function mayRun(command: string): boolean {
  return Deno.permissions.querySync({ name: "run", command }).state === "granted";
}

/** Returns a variable of the environment; `undefined` also if the program may not read it. It never prompts. */
export function tryGetEnv(variable: string): string | undefined {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted" ? Deno.env.get(variable) : undefined;
}

/** Returns the id of the user or of the user's group; `undefined` if the system has none or the program may not read
 * it. It never prompts. */
export function tryGetOwnId(kind: "uid" | "gid"): number | undefined {
  return Deno.permissions.querySync({ name: "sys", kind }).state === "granted" ? Deno[kind]() ?? undefined : undefined;
}

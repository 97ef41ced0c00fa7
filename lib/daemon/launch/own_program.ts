/**
 * The command line of this program.
 *
 * @module
 */

/** The permissions to serve in the foreground; the daemon gives up the network once it listens. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys", "--allow-net"];

/** Returns the command that starts this program, without arguments for the program itself. */
export function ownProgram(): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const main = Deno.mainModule.startsWith("file:")
    ? decodeURIComponent(new URL(Deno.mainModule).pathname)
    : Deno.mainModule;
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", "--unstable-worker-options", ...PERMISSIONS, main];
}

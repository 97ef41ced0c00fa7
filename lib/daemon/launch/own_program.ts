/**
 * The command line that starts this program again.
 *
 * @module
 */

/** What it may do when it serves in the foreground; the daemon gives up the network once it listens. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys", "--allow-net"];

/** This program, as a command without arguments of its own. */
export function ownProgram(): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const main = Deno.mainModule.startsWith("file:")
    ? decodeURIComponent(new URL(Deno.mainModule).pathname)
    : Deno.mainModule;
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", "--unstable-worker-options", ...PERMISSIONS, main];
}

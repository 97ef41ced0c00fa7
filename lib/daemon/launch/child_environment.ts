/**
 * The variables that processes get in addition to the daemon's own environment (contract: Daemon life).
 *
 * @module
 */

import type { Logger } from "../../system/log.ts";
import { loginPath } from "./login_shell.ts";

/** Shows a process, and the processes that it starts, that it runs in the daemon. */
const MARKER = { CLAUDE_SSH_DAEMON_CHILD: "1" };

/** Returns the variables; a promise until the login PATH is known. */
export type ChildEnvironment = () => Record<string, string> | Promise<Record<string, string>>;

/**
 * Starts to determine the login PATH in the background; only the first spawn waits for it.
 *
 * @param usesLoginPath Whether processes get the PATH of the user's login shell.
 */
export function childEnvironment(usesLoginPath: boolean, log: Logger): ChildEnvironment {
  // On Windows, a login shell has the same PATH.
  if (!usesLoginPath || Deno.build.os === "windows") return () => MARKER;
  let environment: Record<string, string> | undefined;
  const asked = loginPath({ shell: Deno.env.get("SHELL"), log }).then((path) => {
    environment = path === undefined ? MARKER : { PATH: path, ...MARKER };
    return environment;
  });
  return () => environment ?? asked;
}

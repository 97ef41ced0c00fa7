/**
 * What children get over the daemon's own environment (contract: Daemon life).
 *
 * @module
 */

import type { Logger } from "../../system/log.ts";
import { loginPath } from "./login_shell.ts";

/** Tells a child, and what it starts, that it runs under the daemon. */
const MARKER = { CLAUDE_SSH_DAEMON_CHILD: "1" };

/** The variables; a promise while the login PATH is being asked for. */
export type ChildEnvironment = () => Record<string, string> | Promise<Record<string, string>>;

/**
 * The login PATH is asked for at once, in the background; only the first spawn waits for it.
 *
 * @param usesLoginPath Whether children get the PATH of the user's login shell.
 */
export function childEnvironment(usesLoginPath: boolean, log: Logger): ChildEnvironment {
  // Windows has one PATH only.
  if (!usesLoginPath || Deno.build.os === "windows") return () => MARKER;
  let environment: Record<string, string> | undefined;
  const asked = loginPath({ shell: Deno.env.get("SHELL"), log }).then((path) => {
    environment = path === undefined ? MARKER : { PATH: path, ...MARKER };
    return environment;
  });
  return () => environment ?? asked;
}

/**
 * `launcher.resolve` (contract: The managed launcher).
 *
 * @module
 */

import { type ResolvedLauncher, resolveLauncher } from "../../launcher/resolve_launcher.ts";
import type { Method } from "../../rpc/dispatch.ts";
import { invalidParams } from "../../rpc/errors.ts";
import type { ClientContext, DaemonContext } from "../context.ts";
import { nextMethod } from "./define.ts";

/** The `launcher` methods. */
export function launcherMethods({ childSettings }: DaemonContext): Method<ClientContext>[] {
  const log = problemLog((text) => childSettings?.log.warn(text));
  return [
    nextMethod("launcher.resolve", async ({ cliPath }) => {
      if (cliPath === "") throw invalidParams("cliPath is required");
      const resolved = await resolveLauncher(cliPath, { substitute: childSettings?.substituteFolder });
      log(resolved);
      return resolved;
    }),
  ];
}

/** Returns a function that logs what is wrong with a launcher, once each time that it changes. */
function problemLog(warn: (text: string) => void): (resolved: ResolvedLauncher) => void {
  let last: string | undefined;
  return (resolved) => {
    const problem = problemOf(resolved);
    if (problem !== undefined && problem !== last) warn(`[LauncherHandler] ${problem}`);
    last = problem;
  };
}

function problemOf(resolved: ResolvedLauncher): string | undefined {
  if (resolved.status === "unusable") return `managed launcher from ${resolved.source} refused: ${resolved.reason}`;
  if (resolved.status === "unreadable") return `managed settings unreadable: ${resolved.path}: ${resolved.reason}`;
  return undefined;
}

/**
 * `server.*` (wire 1.1).
 *
 * @module
 */

import { EncodedResult, type Method, NO_REPLY, plainMethod } from "../rpc/dispatch.ts";
import { archName, platformName } from "../system/platform.ts";
import type { ClientContext, DaemonContext } from "./context.ts";

/** The methods of the namespace. */
export function serverMethods(daemon: DaemonContext): Method<ClientContext>[] {
  const { version } = daemon;
  const pong = new EncodedResult({ pong: true });
  return [
    plainMethod("server.ping", () => pong),
    plainMethod("server.version", () => ({ version, platform: platformName(), arch: archName() })),
    plainMethod("server.capabilities", () => ({ version, methods: METHOD_NAMES, features: ["process.stdin.offset"] })),
    plainMethod("server.shutdown", () => {
      daemon.shutdown();
      return NO_REPLY;
    }),
  ];
}

/** The methods of the contract, in its order. */
export const METHOD_NAMES: readonly string[] = [
  "server.ping",
  "server.version",
  "server.capabilities",
  "server.shutdown",
  "files.list",
  "files.validate",
  "files.stat",
  "files.read",
  "files.extract_tar",
  "git.info",
  "git.status",
  "git.list_branches",
  "git.worktree_create",
  "git.worktree_remove",
  "process.spawn",
  "process.stdin",
  "process.kill",
  "process.killAndWait",
  "process.reattach",
];

/**
 * How the agent CLI is started for remote control.
 *
 * @module
 */

import type { InstanceMode, SpawnMode } from "./types.ts";

/** The permission modes that the CLI knows. */
export const PERMISSION_MODES: readonly string[] = [
  "acceptEdits",
  "auto",
  "bypassPermissions",
  "default",
  "dontAsk",
  "plan",
];
/** The mode in which agents ask nobody. */
export const BYPASS = "bypassPermissions";

/** What a start depends on. */
export interface RemoteStart {
  /** Whether it is a server, or a program in a terminal. */
  readonly mode: InstanceMode;
  /** The name that people see. */
  readonly name: string;
  /** The file to which the CLI writes what it does. */
  readonly debugFile: string;
  /** Where a server starts sessions. */
  readonly spawnMode: SpawnMode | null;
  /** What agents may do. */
  readonly permissionMode: string;
  /** Whether the program in a terminal goes on with the last conversation. @default {false} */
  readonly isContinued?: boolean;
  /** How many sessions a server may have at a time. @default {the CLI's own} */
  readonly capacity?: number | undefined;
  /** What the names of a server's sessions begin with. @default {the CLI's own} */
  readonly sessionNamePrefix?: string | undefined;
  /** Whether a server says more. @default {false} */
  readonly isVerbose?: boolean;
}

/** Returns the arguments of the CLI. */
export function remoteArguments(start: RemoteStart): string[] {
  const { mode, name, debugFile, permissionMode } = start;
  const permissions = ["--permission-mode", permissionMode];
  if (mode === "pty") {
    const conversation = start.isContinued === true ? ["--continue"] : [];
    return ["--remote-control", name, "--debug-file", debugFile, ...permissions, ...conversation];
  }
  const spawnMode = start.spawnMode ?? "same-dir";
  return [
    ...["remote-control", "--name", name, "--debug-file", debugFile, "--spawn", spawnMode],
    ...permissions,
    ...(spawnMode === "session" ? [] : severalSessions(start)),
    ...(start.isVerbose === true ? ["--verbose"] : []),
  ];
}

/** What only makes sense for a server with several sessions. */
function severalSessions({ capacity, sessionNamePrefix }: RemoteStart): string[] {
  return [
    ...(capacity === undefined ? [] : ["--capacity", String(capacity)]),
    ...(sessionNamePrefix === undefined ? [] : ["--remote-control-session-name-prefix", sessionNamePrefix]),
  ];
}

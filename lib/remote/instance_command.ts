/**
 * How the program of an instance is called.
 *
 * @module
 */

import { agentCommand } from "../agent/environment.ts";
import { remoteArguments } from "./arguments.ts";
import type { ProgramStart } from "./program.ts";
import { type InstanceRecord, processId } from "./record.ts";
import type { RemoteSettings } from "./settings.ts";

/** What differs from start to start. */
export interface CommandOptions {
  /** Whether a program in a terminal goes on with the last conversation. */
  readonly isContinued: boolean;
  /** The file that it logs to. */
  readonly debugFile: string;
}

/** Returns the command of an instance. */
export function instanceCommand(
  record: InstanceRecord,
  settings: RemoteSettings,
  { isContinued, debugFile }: CommandOptions,
): ProgramStart {
  const { mode, name, spawnMode, permissionMode, path } = record;
  const { capacity, sessionNamePrefix, isVerbose } = settings;
  const args = remoteArguments({
    ...{ mode, name, spawnMode, permissionMode, isContinued, sessionNamePrefix, isVerbose },
    capacity: capacity === 0 ? undefined : capacity,
    debugFile,
  });
  const env = { HOME: settings.home, ...settings.agentEnv };
  const program = agentCommand({
    program: settings.agentBinary,
    args,
    keep: Object.keys(env),
    pathAppend: settings.agentPathAppend,
  });
  return { id: processId(record), ...program, env, cwd: path };
}

/**
 * Reaching the hub from a command; a hub is started if none runs.
 *
 * @module
 */

import type { HubClient } from "../hub/hub_client.ts";
import { type HubPaths, hubPaths } from "../hub/hub_paths.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { importLate } from "../system/import_late.ts";
import type { FlagSpecs, RunningProgram } from "./command.ts";
import { HUB_PLACE_FLAGS } from "./hub_request.ts";
import { printMessage } from "./print.ts";
import { NoHubError, tryConnect } from "./running_hub.ts";

export { NoHubError, tryConnect };

/** The exit code of a command that does not reach a hub. */
export const NO_HUB = 3;

/** The flags of every command that talks to a hub. */
export const HUB_FLAGS = {
  ...HUB_PLACE_FLAGS,
  "no-start": { kind: "boolean", help: "fail if no hub is running, instead of starting one" },
} as const satisfies FlagSpecs;

/** The values of {@linkcode HUB_FLAGS}. */
export interface HubFlagValues {
  /** The hub's directory. */
  readonly "state-dir"?: string | undefined;
  /** The configuration. */
  readonly config?: string | undefined;
  /** Whether no hub is started. */
  readonly "no-start"?: boolean | undefined;
}

/** Returns the paths of the files of the hub that the flags choose. */
export function hubPathsOf(flags: HubFlagValues): HubPaths {
  return hubPaths({ stateDir: flags["state-dir"] });
}

/**
 * Connects to the hub. Starts one in the background if none runs.
 *
 * @param signal Ends the attempt to connect, and everything that waits afterwards.
 * @throws {NoHubError} If no hub runs and none is to be started, or the hub cannot be reached or started.
 * @throws The signal's reason.
 */
export async function connectToHub(
  flags: HubFlagValues,
  program: RunningProgram,
  signal?: AbortSignal,
): Promise<HubClient> {
  const paths = hubPathsOf(flags);
  const running = await tryConnect(paths, signal);
  if (running !== undefined) return running;
  if (flags["no-start"]) throw new NoHubError(noHubText(flags));
  const { warnings } = await launch(flags, program);
  for (const warning of warnings) printMessage(warning);
  const started = await tryConnect(paths, signal);
  if (started === undefined) throw new NoHubError(`the hub on ${paths.socket} ended as soon as it had started`);
  return started;
}

/** Says that no hub runs, and how to start one. */
export function noHubText(flags: HubFlagValues): string {
  const stateDir = flags["state-dir"] === undefined ? "" : ` --state-dir ${flags["state-dir"]}`;
  return `no hub is running: start one with claustrum hub start${stateDir}`;
}

async function launch(
  flags: HubFlagValues,
  program: RunningProgram,
): Promise<{ readonly warnings: readonly string[] }> {
  const { launchHubForCommand } = await importLate<typeof import("./launch_hub.ts")>(
    import.meta.resolve("./launch_hub.ts"),
  );
  try {
    return await launchHubForCommand({ "state-dir": flags["state-dir"], config: flags.config }, program);
  } catch (error) {
    if (!(error instanceof ClaustrumError)) throw error;
    throw new NoHubError(`cannot start a hub: ${error.message}`, { cause: error });
  }
}
